import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { KnownFile, KnownFiles } from '../core/audit.ts'
import { type Collection, type FileRef, filesOf, setsOf } from '../core/collection.ts'
import { type Compared, compareHistories, lackingFiles, nextLine, readHistory, sealAlarms, sealedFiles } from '../core/seal.ts'
import { messageOf } from '../core/wording.ts'
import { filesOfSetsLeft } from '../duplicity/known-files.ts'
import type { Shell } from '../engine/shell.ts'
import { type Checks, readState, writeState } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'
import type { Needs } from './facts.ts'
import { unlessUnusable } from './share-failure.ts'
import { filesOfSite, type ShareFiles } from './share-files.ts'

/** The history of a site's sets, beside them; see seal.ts. It is only ever added to. */
export const SEALS = '.holdfast-seals'

/** Bytes that are read of it: some years of a large site. A longer one is cut off, and a person has a new one begun. */
export const MOST_OF_SEALS = 8_000_000

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const sealsIn = (history: string) => sealedFiles(readHistory(history, hash).seals)

/** What this host keeps of a site's seals, where no other host can change it. */
const memorySchema = z.object({
  /** The history as it was when it was last as it should be, or as a person accepted it. */
  seen: z.string().optional(),
  /** A line that was about to be written. */
  pending: z.string().optional(),
  /** Files of which a person has said that they may be gone, or be others. */
  accepted: z.array(z.string()).optional(),
  alarm: z.object({ since: z.number(), reasons: z.array(z.string()).readonly() }).optional(),
})
type SealMemory = z.infer<typeof memorySchema>
/** What is not as it was sealed, and since when this host knows. */
export type SealAlarm = NonNullable<SealMemory['alarm']>

const stateOf = (site: string): string => join('seals', encodeURIComponent(site))
const readMemory = (host: Pick<Host, 'paths'>, site: string, checks: Checks<SealMemory> = memorySchema): SealMemory =>
  readState(host, stateOf(site), checks) ?? {}

/** How it begins where there is no alarm: who only wants to know of one reads no further. */
const CALM = { hasAlarm: false }

function writeMemory(host: Pick<Host, 'paths'>, site: string, memory: SealMemory): void {
  writeState(host, stateOf(site), memory.alarm ? memory : { ...CALM, ...memory })
}

/** The same for who only tells of it: that it is damaged is told by the night. */
function memoryOrNothing(host: Pick<Host, 'paths'>, site: string, checks?: Checks<SealMemory>): SealMemory {
  try {
    return readMemory(host, site, checks)
  } catch {
    return {}
  }
}

/** The rest is the history, which is long, and without an alarm nothing of it is wanted. */
const ALARM = { safeParse: (found: unknown) => memorySchema.safeParse(found), field: 'alarm', without: CALM } as const

/** What was found when this host looked last. */
export const sealAlarmOf = (host: Pick<Host, 'paths'>, site: string): SealAlarm | undefined =>
  memoryOrNothing(host, site, ALARM).alarm

/** The files that this host saw sealed. Of manifests and signatures only the names: they may have been packed anew. */
export function filesSealed(host: Pick<Host, 'paths'>, site: string): KnownFiles {
  const sealed = [...sealsIn(memoryOrNothing(host, site).seen ?? '')]
  return Object.fromEntries(sealed.map(([name, { sha256: _, ...file }]) => [name, file]))
}

/** Names that this host itself has sealed, when it was the site's owner. */
export const namesSealedBy = ({ host, site }: Needs<'host' | 'site'>): ReadonlySet<string> => {
  const { seals } = readHistory(memoryOrNothing(host, site.name).seen ?? '', hash)
  return new Set(seals.filter(seal => seal.host === host.name).flatMap(({ add }) => Object.keys(add)))
}

type SealNeeds = Needs<'host' | 'site' | 'siteArchive'>

const compare = ({ host, site }: SealNeeds, { seen, pending }: SealMemory, there: string | undefined): Compared =>
  compareHistories({ seen, pending, there, host: host.name, isOwner: site.role.role === 'primary' }, hash)

const readSeals = (files: ShareFiles): Promise<string | undefined> => files.text(SEALS, MOST_OF_SEALS).catch(unlessUnusable)

/**
 * Compares the archive with its seals, and these with those that this host saw, and remembers what it found. Nothing at
 * a URL.
 * @param isAccepted a person has looked: what is there now is as it should be
 * @throws when the archive, or this host's memory, cannot be read
 */
export async function lookAtSeals(
  facts: SealNeeds & Needs<'collection'>,
  isAccepted: boolean,
  shell: Shell,
): Promise<SealAlarm | undefined> {
  const { host, site, siteArchive, collection } = facts
  const files = filesOfSite(siteArchive, shell.quick)
  if (files === undefined) return undefined
  const before = readMemory(host, site.name)
  const there = await readSeals(files)
  const { history, wrong } = isAccepted ? { history: there ?? '' } : compare(facts, before, there)
  const lacking = await lackingNow({ files, collection, sealed: sealsIn(history), isWrong: wrong !== undefined })
  const names = [...lacking.gone, ...lacking.changed]
  const accepted = isAccepted ? names : names.filter(name => before.accepted?.includes(name))
  const isOpen = (name: string): boolean => !accepted.includes(name)
  const reasons = sealAlarms(wrong, { gone: lacking.gone.filter(isOpen), changed: lacking.changed.filter(isOpen) })
  const isSame = reasons.join('\n') === before.alarm?.reasons.join('\n')
  const alarm = reasons.length === 0 ? undefined : isSame ? before.alarm : { since: shell.now(), reasons }
  const after: SealMemory = {
    ...(wrong === undefined ? { seen: there } : before),
    accepted: accepted.length > 0 ? accepted : undefined,
    alarm,
  }
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(after)), before))
    await shell.act('remember the seals of the archive', () => writeMemory(host, site.name, after))
  return alarm
}

interface Sealed {
  readonly files: ShareFiles
  readonly collection: Collection
  readonly sealed: ReadonlyMap<string, KnownFile>
  readonly isWrong: boolean
}

/** Its owner may add sets and prune at this moment: what is lacking is looked for once more, and so is its seal. */
async function lackingNow({ files, collection, sealed, isWrong }: Sealed): Promise<ReturnType<typeof lackingFiles>> {
  const first = lackingFiles(sealed, collection)
  if (first.gone.length + first.changed.length === 0) return first
  const listed = (await files.list()) ?? []
  const later = isWrong ? sealed : sealsIn((await readSeals(files)) ?? '')
  const still = new Map([...sealed].filter(([name]) => later.has(name)))
  return lackingFiles(still, { files: listed, damages: collection.damages ?? [] })
}

/**
 * Seals the files of all finished sets that are not sealed yet, by what is known of them. That it fails is only noted:
 * the backup is good without, and the next one seals them too. @throws when the run is stopped
 */
export async function sealSets(facts: SealNeeds & Needs<'collection'>, known: KnownFiles, shell: Shell): Promise<void> {
  const sets = facts.collection.chains.flatMap(setsOf).filter(({ restorable }) => restorable)
  const volumes = new Set(sets.flatMap(set => set.volumes.map(({ name }) => name)))
  const add = sets.flatMap(filesOf).map(({ name, bytes }): [string, KnownFile] => {
    const { sha1, sha256 }: KnownFile = known[name] ?? {}
    return [name, volumes.has(name) ? { bytes, sha1 } : { sha256 }]
  })
  try {
    await addSeal(facts, new Map(add), [], shell)
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('info', `the set is not sealed: ${messageOf(error)}`)
  }
}

/**
 * Writes down that files are to be removed, before they are. @throws when that cannot be: then they are not to be
 * removed
 */
export async function sealRemoval(
  facts: SealNeeds & Needs<'collection'>,
  going: readonly FileRef[],
  shell: Shell,
): Promise<void> {
  await addSeal(facts, new Map(), going, shell)
}

async function addSeal(
  facts: SealNeeds & Needs<'collection'>,
  add: ReadonlyMap<string, KnownFile>,
  going: readonly FileRef[],
  shell: Shell,
): Promise<void> {
  const { host, site, siteArchive, collection } = facts
  const files = filesOfSite(siteArchive, shell.quick)
  if (files === undefined) return
  const memory = readMemory(host, site.name)
  const { history, wrong } = compare(facts, memory, await readSeals(files))
  if (wrong !== undefined) throw new Error(`the history of its sets ${wrong}`)
  const sealed = sealsIn(history)
  const there = new Set(collection.files.map(({ name }) => name))
  const names = new Set(going.map(({ name }) => name))
  // of a set that goes, what was lost before goes with it
  const touched = filesOfSetsLeft(Object.fromEntries(sealed), { ...collection, files: going })
  const isRemoved = (name: string): boolean =>
    names.has(name) || (Object.hasOwn(touched, name) && !there.has(name)) || (memory.accepted ?? []).includes(name)
  const removed = [...sealed.keys()].filter(isRemoved)
  const added = Object.fromEntries([...add].filter(([name]) => !sealed.has(name) || removed.includes(name)))
  if (removed.length + Object.keys(added).length === 0) return
  const line = nextLine(history, { time: shell.now(), host: host.name, add: added, removed }, hash)
  const remember = (news: SealMemory) => writeMemory(host, site.name, { ...memory, ...news })
  // a run that is killed in between knows its own line again
  await shell.act('remember the seal that is to be written', () => remember({ pending: line }))
  await files.write(SEALS, history + line)
  await shell.act('remember the seals of the archive', () =>
    remember({ seen: history + line, pending: undefined, accepted: undefined }),
  )
}
