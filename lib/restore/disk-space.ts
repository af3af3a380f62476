import type { RestorePoint } from '../core/restore-point.ts'
import {
  type Amount,
  type Demand,
  type Disk,
  importableAmount,
  type RoomToRestore,
  roomToRestore,
  type Stage,
  stagesBeside,
  tablesAmount,
  treeAmount,
  volumeAmount,
  waysOut,
} from '../core/room.ts'
import { type DumpSize, treeSizeIn } from '../core/set-record.ts'
import { messageOf } from '../core/wording.ts'
import { databaseDisk } from '../database/disk.ts'
import { partNamed } from '../database/dump-parts.ts'
import { dumpSizeOf } from '../database/dump-size.ts'
import type { Shell } from '../engine/shell.ts'
import { diskOf } from '../host/disk.ts'
import type { HostContext } from '../host/site.ts'
import type { Needs } from '../store/facts.ts'
import { readSetRecords } from '../store/set-records.ts'
import type { Scope } from './recovery.ts'
import type { RestoredDatabase, RestoreTask, Restoring } from './transaction.ts'

export type Looks = Needs<'host' | 'secrets' | 'siteArchive'> & { point: RestorePoint; scope: Scope }

/** What came of the look, for the question that follows. */
export interface Looked<Task extends RestoreTask> {
  readonly room: RoomToRestore & { readonly task: Task }
}

/** That the look fails does not end the restore. @throws when the run is stopped */
export async function unlessItFails<Seen>(shell: Shell, look: () => Promise<Seen>): Promise<Seen | undefined> {
  try {
    return await look()
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('warning', `the disk space for the restore cannot be checked: ${messageOf(error)}`)
    return undefined
  }
}

/** What was seen of a restore. */
interface Seen {
  readonly stages: readonly Stage[]
  /** What it brings back, as far as is known. */
  readonly brings: { readonly files: boolean; readonly database: boolean }
}

/**
 * @param seen undefined when the look failed, and that was noted
 * @param isChoice whether a person could ask for something else
 * @throws when it cannot fit
 */
export function roomOrRefusal(seen: Seen | undefined, isChoice: boolean, shell: Shell): RoomToRestore {
  const room = roomToRestore(seen?.stages ?? [])
  if (room.refusal !== undefined)
    throw new Error(`${room.refusal}. ${waysOut(room.short, isChoice ? seen?.brings : undefined)}. Nothing was fetched`)
  if (seen === undefined) return room
  shell.note(
    room.doubt === undefined ? 'info' : 'warning',
    room.doubt ?? room.text ?? 'the disk space that the restore requires is not known',
  )
  return room
}

export async function lookAt(looks: Looks, into: string, imports: boolean, shell: Shell): Promise<Seen> {
  const { host, secrets, siteArchive, point, scope } = looks
  if (scope.paths.length > 0) return { stages: [], brings: scope }
  const size = treeSizeIn(await readSetRecords(siteArchive, shell), point.time)
  const dump = scope.database ? size?.dump : undefined
  const tree = scope.files ? treeAmount(point, size) : dump && { least: dump.bytes, about: dump.bytes }
  const there = diskOf(into)
  const cache = scope.files ? diskOf(host.paths.cache) : undefined
  const restored = demand(there, tree)
  const volume = demand(cache, volumeAmount(point)).map(each => ({ ...each, aside: true as const }))
  const stages = [restored, volume]
  const brings = { files: scope.files, database: dump !== undefined }
  if (!imports || dump === undefined || scope.tables.length > 0) return { stages, brings }
  return { stages: [...stages, [...restored, ...(await importDemands({ host, secrets, shell }, there, dump))]], brings }
}

const demand = (disk: Disk | undefined, amount: Amount | undefined): Demand[] => (disk && amount ? [{ disk, ...amount }] : [])

async function importDemands(context: HostContext, there: Disk | undefined, dump: DumpSize): Promise<Demand[]> {
  const server = await databaseDisk(context)
  return [...demand(there, importableAmount(dump)), ...demand(server, tablesAmount(dump))].map(each => ({
    ...each,
    forImport: true as const,
  }))
}

/** Looks once more just before the import, when what it reads is there to be measured. @throws when it cannot fit */
export async function assertRoomToImport(
  context: HostContext,
  { tree, holding }: Restoring,
  databases: readonly RestoredDatabase[],
  asked: Scope | undefined,
): Promise<void> {
  const stages = await unlessItFails(context.shell, async () => {
    const tablesOf = new Map(databases.map(({ dump, tables }) => [dump, tables]))
    const isMeant = (dump: string, part: string): boolean => tablesOf.get(dump)?.includes(partNamed(part)?.of ?? '') ?? true
    const size = await dumpSizeOf(tree, context.shell, [...tablesOf.keys()], undefined, isMeant)
    return size === undefined ? [] : [await importDemands(context, diskOf(holding), size)]
  })
  const { refusal, short } = roomToRestore(stages ?? [])
  if (refusal !== undefined) throw new Error(`${refusal}. ${waysOut(short, asked)}`)
}

/** What the restores need that this run has under way, by their sites. */
const taken = new Map<string, readonly Stage[]>()
let given = Promise.withResolvers<void>()

/**
 * Keeps room on the disks for a restore until it is given back. While others are under way beside which it may not fit,
 * it waits for one of them to end, and looks again.
 * @param look what it needs, and what is free by now
 */
export async function takeRoom<Seen extends { readonly stages: readonly Stage[] }>(
  site: string,
  look: () => Promise<Seen | undefined>,
): Promise<Seen | undefined> {
  for (;;) {
    const { promise } = given
    const seen = await look()
    const stages = seen?.stages ?? []
    const others = [...taken].flatMap(([name, each]) => (name === site ? [] : [each]))
    const { refusal, doubt } = roomToRestore(stagesBeside(stages, others))
    if (others.length === 0 || (refusal ?? doubt) === undefined) {
      taken.set(site, stages)
      return seen
    }
    await promise
  }
}

/** Gives it back. */
export function giveRoomBack(site: string): void {
  taken.delete(site)
  given.resolve()
  given = Promise.withResolvers()
}
