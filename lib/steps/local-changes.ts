import type { DatabaseAccess } from '../core/database-access.ts'
import { changesBetween, changesText, isEdited, isUntouched, isWritten, type LocalChanges } from '../core/local-changes.ts'
import type { Transaction } from '../core/restore-journal.ts'
import { printTime } from '../core/restore-point.ts'
import { formatBytes } from '../core/wording.ts'
import type { Step } from '../engine/step.ts'
import type { HostContext, Site } from '../host/site.ts'
import { accessesOf, databasesIn } from '../restore/database-access.ts'
import { filesIn, isIn, readFingerprint, sizesIn, takeFingerprint, writeFingerprint } from '../restore/fingerprint.ts'
import { pendingOf, readJournal, updatePending } from '../restore/journal.ts'
import { keepChanges } from '../restore/kept-changes.ts'
import type { Restored, Restoring } from '../restore/transaction.ts'
import { described } from '../restore/written-rows.ts'
import type { Needs } from '../store/facts.ts'
import type { ListedTree } from './list-restored.ts'
import type { MadeOfLast } from './replay.ts'
import type { Guarded } from './restore.ts'

type ChecksChanges = Needs<'host' | 'secrets' | 'site'> & MadeOfLast & { restoring: Restoring }

/**
 * Looks whether somebody changed the replica since it was put in place. What was written is kept apart, and the report
 * names it, before it is replaced; what visits leave (caches, sessions, due tasks) is nobody's.
 */
export const checkLocalChanges: Step<ChecksChanges, Guarded> = {
  name: 'local-changes',
  title: 'Check for local changes',
  run: async ({ host, secrets, site, madeOfLast }, shell) => {
    const context = { host, secrets, shell }
    const was = readFingerprint(context, site.name)
    if (!site.local) return { untouched: [] }
    if (!was) {
      // a host that was renamed, or comes back after others took over: what it has may be newer than any backup (S4)
      const last = readJournal(host, site.name).kept.findLast(one => one.task !== 'configuration')?.task
      await keepAsSafetyCopy(context, site, last ? NOT_REMEMBERED[last] : 'was not put here by a replay')
      return { untouched: [] }
    }
    // a tree that the new one could be made of has nothing changed in it, its configuration neither
    const databases = (madeOfLast && was.databases) ?? (await readableAccesses(context, site))
    const is = await takeFingerprint(context, site.folder, databases, madeOfLast && was.files)
    const changes = changesBetween(was, is)
    const { unknown } = changes
    if (unknown.length > 0) shell.note('info', `changed here too, by visits or by somebody: ${some(unknown)}`)
    if (isWritten(changes)) await keepWritten(context, site, changes, sizesIn(is))
    const known = databases.filter(access => isIn(was, access)).map(({ database }) => database)
    return { untouched: known.filter(database => isUntouched(changes, database)) }
  },
}

/**
 * Keeps what somebody wrote apart and names it. The whole site too, with its database, where somebody worked on its
 * pages or files, and may have changed what cannot be told, or where not all could be kept apart.
 */
async function keepWritten(context: HostContext, site: Site, changes: LocalChanges, sizes: Sizes): Promise<void> {
  const { host, shell } = context
  const named = { ...changes, rows: await described(context, changes.rows) }
  const text = changesText(named)
  await shell.act(`keep what was changed in ${site.name} for ${host.keepChanges.days} days`, async () => {
    const head = `What was written in the replica of ${site.name} on ${host.name} before it was replaced, ${printTime(shell.now())}`
    const { path, bytes, left } = await keepChanges(context, site, named, { kind: 'changes', head, sizes })
    const isWhole = isEdited(changes) || left.length > 0
    if (isWhole) updatePending(host, { ...pendingOf(host, site.name), safety: `changed by hand: ${text}` })
    const whole = isWhole ? `, and all of it ${safetyText(host.keepPrevious, sumOf(sizes))}` : ''
    const kept = `kept in ${path} (${formatBytes(bytes)}) for ${host.keepChanges.days} days${whole}`
    shell.note('significant', `${site.name} was changed here since the last replay: ${text}; ${kept}`)
    for (const each of left) shell.note('warning', `of what was changed in ${site.name} only in the safety copy: ${each}`)
  })
}

const sumOf = (sizes: Sizes): number => Object.values(sizes).reduce((sum, size) => sum + size, 0)
const safetyText = (days: number, bytes: number): string =>
  `as a safety copy for ${days} days (${formatBytes(bytes)} of files, and the database)`

type Sizes = ReturnType<typeof sizesIn>

/** What is known of a replica without a fingerprint, by what was done to it last. */
const NOT_REMEMBERED: Record<Transaction['task'], string> = {
  configuration: 'was not put here by a replay',
  replica: 'was put here by a replay that was cut off before it could remember how the site looked',
  recover: 'was put here by a recovery, not by a replay',
  undo: 'was put back here by an undo, not by a replay',
}

async function keepAsSafetyCopy(context: HostContext, { name, folder }: Site, what: string): Promise<void> {
  const { host, shell } = context
  await shell.act(`keep ${name} as it is now as a safety copy for ${host.keepPrevious} days`, () => {
    updatePending(host, { ...pendingOf(host, name), safety: what })
  })
  const { files } = await takeFingerprint(context, folder, [])
  const bytes = sumOf(sizesIn({ files }))
  shell.note('significant', `${name} ${what}; kept ${safetyText(host.keepPrevious, bytes)}`)
}

const some = (names: readonly string[]): string => [...names.slice(0, 5), ...(names.length > 5 ? ['…'] : [])].join(', ')

/** A configuration that somebody broke by hand is a change like any other. */
async function readableAccesses(context: HostContext, site: Site): Promise<readonly DatabaseAccess[]> {
  const databases = await databasesIn(context, site, site.folder)
  for (const { data } of databases) if ('unknown' in data) context.shell.note('info', data.unknown)
  return accessesOf(databases)
}

/** What is known of it, where it was just restored. */
type Remembers = Needs<'host' | 'secrets' | 'site'> & Partial<ListedTree> & { restored?: Restored }

/** Remembers how the replica looks now. */
export const rememberReplica: Step<Remembers, void> = {
  name: 'record-replica',
  title: 'Record the state of the replica',
  run: async ({ host, secrets, site, lines, restored }, shell) => {
    await shell.act(`take the fingerprint of ${site.name}`, async () => {
      const context = { host, secrets, shell }
      const databases = restored?.named ?? (await readableAccesses(context, site))
      writeFingerprint(context, site.name, await takeFingerprint(context, site.folder, databases, lines && filesIn(lines)))
    })
  },
}
