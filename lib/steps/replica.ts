import { join } from 'node:path'
import type { DatabaseAccess } from '../core/database-access.ts'
import { changesBetween, changesText, isEdited, isUntouched, isWritten, type LocalChanges } from '../core/local-changes.ts'
import type { Transaction } from '../core/restore-journal.ts'
import { printTime, type RestorePoint } from '../core/restore-point.ts'
import { type Contents, coreRows, heldText, refusalOf } from '../core/shrinkage.ts'
import { amountIn } from '../core/tree-lines.ts'
import { counted, formatBytes, listed } from '../core/wording.ts'
import { dumpContentsOf } from '../database/dump-size.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { sandboxed } from '../host/sandbox.ts'
import type { HostContext, Site } from '../host/site.ts'
import { accessesOf, databasesIn } from '../restore/database-access.ts'
import { filesIn, isIn, readFingerprint, sizesIn, takeFingerprint, writeFingerprint } from '../restore/fingerprint.ts'
import { pendingOf, readJournal, updatePending } from '../restore/journal.ts'
import { keepChanges } from '../restore/kept-changes.ts'
import { rememberOfReplica } from '../restore/proven-database.ts'
import { type Guarded, NOT_GUARDED, type Restored, type RestoredDatabase, type Restoring } from '../restore/transaction.ts'
import { described } from '../restore/written-rows.ts'
import { isSiteEmpty } from '../site/contents.ts'
import type { Needs } from '../store/facts.ts'
import type { Made } from './check-database.ts'
import { type Followed, rememberHeld } from './follow.ts'
import type { ListedTree, MadeOfLast } from './list-restored.ts'
import type { Answered } from './restore.ts'

type Checks = Needs<'host' | 'request' | 'site'> & Followed & ListedTree & { restoring: Restoring; point: RestorePoint }

/**
 * Counts what was restored, before any of it is put in place: a set that has less than half of what the replica has is
 * refused, whatever is written down of it beside the archive, which whoever made the set could have written too.
 */
export const checkContents: Step<Checks, { contents: Contents }> = {
  name: 'check-contents',
  title: 'Compare with the current replica',
  run: async ({ host, request, site, followed, restoring, lines, point }, shell) => {
    if (request.dryRun) return { contents: {} }
    const { rows } = (await dumpContentsOf(restoring.tree, shell)) ?? {}
    const isEmpty = isSiteEmpty(restoring.tree, site.folder)
    const contents = { ...amountIn(lines), isEmpty, ...(rows && { rows: coreRows(rows) }) }
    const reasons = refusalOf(followed.facts, contents, point.time)
    if (reasons.length === 0) return { contents }
    const held = { time: point.time, reasons, byOwner: false }
    await rememberHeld({ host, site }, readRecord(host, site.name), held, shell)
    const accept = request.command('nightly', '--site', site.name, '--accept-shrinkage')
    throw new Error(`the backup of ${printTime(point.time)} is not put in place: the replica ${heldText(held)}: ${accept}`)
  },
}

/** Remembers what the replica consists of now. */
export const rememberContents: Step<Needs<'host' | 'site'> & { contents: Contents }, void> = {
  name: 'remember-contents',
  title: 'Record its contents',
  run: async ({ host, site, contents }, shell) => {
    await shell.act('remember how much it is', () => updateRecord(host, site.name, { contents, held: undefined }))
    shell.report({ site: site.name, shrinkage: null })
  },
}

/**
 * Applies when a live database is not known to be what the set's dump would make it, and gives those; of one that is
 * what the last replay made it, the tables in which the dump differs since.
 */
export const databaseDiffers: Condition<{ restored: Restored } & Guarded, Pick<Restored, 'databases'>> = ({
  restored,
  untouched,
}) => {
  if (restored.databases.length === 0) return 'there is no database to bring back'
  const databases = restored.databases.flatMap((database): readonly RestoredDatabase[] => {
    const { access, differing: tables } = database
    if (tables === undefined || !untouched.includes(access.database)) return [database]
    return tables.length === 0 ? [] : [{ ...database, tables }]
  })
  return databases.length === 0 ? 'the dump is the one that was imported last' : { databases }
}

type Keeps = Needs<'site'> & { restoring: Restoring; point: RestorePoint }

/**
 * Takes from the replica what the owner could not read when it made the set: the set is without it, as if it were
 * deleted, and it is not.
 * @throws when it is not known file by file what that was: the replica stays as it is then
 */
export const keepUnread: Step<Keeps, void> = {
  name: 'keep-unread',
  title: 'Keep files that the primary could not read',
  run: async ({ site, restoring, point }, shell) => {
    const { unread = [] } = point.set
    if (unread.length === 0 || !site.local) return
    if (unread.some(path => !isPath(path)))
      throw new Error(
        `much of ${site.name} could not be read when the backup of ${printTime(point.time)} was made: the replica stays as it is`,
      )
    const kept: string[] = []
    for (const path of unread) if (await keep(site.folder, restoring.tree, path, shell)) kept.push(path)
    shell.note('warning', `could not be read by its owner, and stays as it is here: ${listed(kept)}`)
  },
}

/** The list may be a stranger's. */
const isPath = (path: string): boolean => path !== '' && path.split('/').every(part => !['', '.', '..'].includes(part))

/**
 * Copies what is at a path of the live site into the tree; no link of either leads out of it. Gives whether it was
 * there.
 */
async function keep(live: string, tree: string, path: string, shell: Shell): Promise<boolean> {
  if (!isThere(live, path)) return false
  const copy = ['cp', '--archive', '--remove-destination', '--no-target-directory', join(live, path), join(tree, path)]
  const capabilities = ['CAP_DAC_OVERRIDE', 'CAP_CHOWN', 'CAP_FOWNER', 'CAP_FSETID'] as const
  await shell.act`${sandboxed(copy, { reads: [live], writes: [tree], capabilities, noLinks: live })}`
  return true
}

function isThere(live: string, path: string): boolean {
  using site = OpenedFolder.open(live)
  const parts = path.split('/')
  if (parts.length === 1) return site.look(path) !== undefined
  using folder = site.plainFolder(parts.slice(0, -1).join('/'))
  return folder?.look(parts.at(-1)!) !== undefined
}

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
    if (!site.local) return NOT_GUARDED
    if (!was) {
      // a host that was renamed, or comes back after others took over: what it has may be newer than any backup (S4)
      const last = readJournal(host, site.name).kept.findLast(one => one.task !== 'configuration')?.task
      await keepAsSafetyCopy(context, site, last ? NOT_REMEMBERED[last] : 'was not put here by a replay')
      return NOT_GUARDED
    }
    // a tree that the new one could be made of has nothing changed in it, its configuration neither
    const databases = (madeOfLast && was.databases) ?? (await readableAccesses(context, site))
    const is = await takeFingerprint(context, site.folder, databases, madeOfLast && (() => was.files))
    const changes = changesBetween(was, is)
    const { unknown } = changes
    if (unknown.length > 0) shell.note('info', `changed here too, by visits or by somebody: ${some(unknown)}`)
    // of a safety copy all of the database is kept too
    if (isWritten(changes) && (await keepWritten(context, site, changes, sizesIn(is)))) return NOT_GUARDED
    const known = databases.filter(access => isIn(was, access)).map(({ database }) => database)
    return { untouched: known.filter(database => isUntouched(changes, database)), asMade: was.asMade ?? {} }
  },
}

/**
 * Keeps what somebody wrote apart and names it. The whole site too, with its database, where somebody worked on its
 * pages or files, and may have changed what cannot be told, or where not all could be kept apart: gives whether it is.
 */
async function keepWritten(context: HostContext, site: Site, changes: LocalChanges, sizes: Sizes): Promise<boolean> {
  const { host, shell } = context
  let isWhole = false
  const named = { ...changes, rows: await described(context, changes.rows) }
  const text = changesText(named)
  await shell.act(`keep what was changed in ${site.name} for ${counted(host.keepChanges.days, 'day')}`, async () => {
    const head = `What was written in the replica of ${site.name} on ${host.name} before it was replaced, ${printTime(shell.now())}`
    const { path, bytes, left } = await keepChanges(context, site, named, { kind: 'changes', head, sizes })
    isWhole = isEdited(changes) || left.length > 0
    if (isWhole) updatePending(host, { ...pendingOf(host, site.name), safety: `changed by hand: ${text}` })
    const whole = isWhole ? `, and all of it ${safetyText(host.keepPrevious, sumOf(sizes))}` : ''
    const kept = `kept in ${path} (${formatBytes(bytes)}) for ${counted(host.keepChanges.days, 'day')}${whole}`
    shell.note('significant', `${site.name} was changed here since the last replay: ${text}; ${kept}`)
    for (const each of left) shell.note('warning', `of what was changed in ${site.name} only in the safety copy: ${each}`)
  })
  return isWhole
}

const sumOf = (sizes: Sizes): number => Object.values(sizes).reduce((sum, size) => sum + size, 0)
/** It is one from then on: a replay that fails leaves the site as it is. */
const safetyText = (days: number, bytes: number): string =>
  `as a safety copy for ${counted(days, 'day')} once it is replaced (${formatBytes(bytes)} of files, and the database)`

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
  await shell.act(`keep ${name} as it is now as a safety copy for ${counted(host.keepPrevious, 'day')}`, () => {
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

type Remembers = Needs<'host' | 'secrets' | 'site'>

/** Remembers how the replica looks now that it was restored. */
export const rememberReplica: Step<Remembers & ListedTree & Answered & Guarded & Made & { restored: Restored }, void> = {
  name: 'record-replica',
  title: 'Record the state of the replica',
  run: async ({ host, secrets, site, lines, askedAt: from, asMade, made, restored: { named, proof } }, shell) => {
    await shell.act(`take the fingerprint of ${site.name}`, async () => {
      const context = { host, secrets, shell }
      const taken = await takeFingerprint(context, site.folder, named, () => filesIn(lines))
      const asked = from === undefined ? undefined : { from, to: shell.now() }
      writeFingerprint(context, site.name, { ...taken, asked, asMade: { ...asMade, ...made } })
      if (proof) await rememberOfReplica(context, site, named, proof)
    })
  },
}

/** The same of a site that has just become one, as it is. */
export const rememberFormer: Step<Remembers, void> = {
  name: 'record-former',
  title: ({ site }) => `Record the state of ${site.name}`,
  run: async ({ host, secrets, site }, shell) => {
    await shell.act(`take the fingerprint of ${site.name}`, async () => {
      const context = { host, secrets, shell }
      const databases = await readableAccesses(context, site)
      writeFingerprint(context, site.name, await takeFingerprint(context, site.folder, databases))
    })
  },
}
