import { changesText, isWritten, type LocalChanges } from '../core/local-changes.ts'
import { printTime } from '../core/restore-point.ts'
import { messageOf } from '../core/wording.ts'
import { pathClass } from '../core/wordpress-noise.ts'
import { openDump } from '../database/opened-dump.ts'
import { COMPANION, dumpName } from '../host/companion.ts'
import { sandboxed } from '../host/sandbox.ts'
import type { HostContext, Site } from '../host/site.ts'
import { accessesOf, databasesIn } from './database-access.ts'
import { keepChanges } from './kept-changes.ts'
import { rowsSince } from './rows-since.ts'
import { described } from './written-rows.ts'

/** What others took a site over from. */
export interface Fork {
  /** The time of that set, ms since the epoch. */
  readonly since: number
  /** A folder in which its companion folder is, with the dumps of its databases; undefined where they are lost. */
  readonly tree: string | undefined
  /** Who took it. */
  readonly by: string
}

/** What was written on a site of this host that the set which others took it over from does not have. */
export interface LateWrites {
  /** `3 comments by Ann, Bob, 1 order (no. 7)`; empty for nothing. */
  readonly text: string
  /** The folder that has it, to be merged by a person; undefined where there is nothing. */
  readonly path: string | undefined
  readonly bytes: number
  /** What is not in there, or not known, and why: a sentence each. */
  readonly left: readonly string[]
}

/**
 * Collects what was written on a site after others took it over: posts, comments, orders, users and entries of forms
 * that its database has and the dump of that set has not, or has otherwise, and files that were written since.
 */
export async function collectLateWrites(context: HostContext, site: Site, fork: Fork): Promise<LateWrites> {
  const { host, shell } = context
  const { rows, left } = await lateRows(context, site, fork)
  const { files, sizes } = await lateFiles(context, site, fork.since)
  const changes: LocalChanges = { rows: await described(context, rows), files, unknown: [], noise: 0 }
  if (!isWritten(changes)) return { text: '', path: undefined, bytes: 0, left }
  const head = `What was written in ${site.name} on ${host.name} after the backup of ${printTime(fork.since)}, from which ${fork.by} took it over (${printTime(shell.now())})`
  const kept = await keepChanges(context, site, changes, { kind: 'late-writes', head, sizes })
  return { text: changesText(changes), path: kept.path, bytes: kept.bytes, left: [...left, ...kept.left] }
}

async function lateRows(
  context: HostContext,
  site: Site,
  { tree }: Fork,
): Promise<Pick<LocalChanges, 'rows'> & { left: string[] }> {
  const databases = await databasesIn(context, site, site.folder)
  const left = databases.flatMap(({ data }) => ('unknown' in data ? [`its database: ${data.unknown}`] : []))
  const rows: LocalChanges['rows'][number][] = []
  for (const [index, access] of accessesOf(databases).entries()) {
    try {
      using dump = tree === undefined ? undefined : openDump(tree, dumpName(access, index === 0))
      if (dump) rows.push(...(await rowsSince(context, access, dump)))
      else left.push(`the database ${access.database}: there is no dump of that backup to compare it with`)
    } catch (error) {
      if (context.shell.stop.aborted) throw error
      left.push(`the database ${access.database}: ${messageOf(error)}`)
    }
  }
  return { rows, left }
}

/** The inode's time sees what a set-back modification time hides. */
async function lateFiles({ shell }: HostContext, site: Site, since: number) {
  const print = ['(', '-type', 'f', '-o', '-type', 'l', ')', '-newerct', `@${Math.floor(since / 1000)}`, '-printf', '%s %P\\0']
  const find = ['find', site.folder, '-mindepth', '1', '-path', `${site.folder}/${COMPANION}`, '-prune', '-o', ...print]
  const words = sandboxed(find, { reads: [site.folder], capabilities: ['CAP_DAC_OVERRIDE'] })
  const printed = await shell.with({ onLine: () => {} }).ask(String)`${words}`
  const found = printed.split('\0').flatMap(line => {
    const [, size, path] = /^(\d+) (.+)$/s.exec(line) ?? []
    const kind = path === undefined ? 'noise' : pathClass(path)
    return kind === 'upload' || kind === 'file' ? [{ path: path!, kind, size: Number(size), how: 'added' as const }] : []
  })
  const files = found.map(({ path, kind, how }) => ({ path, kind, how })).toSorted((a, b) => (a.path < b.path ? -1 : 1))
  return { files, sizes: Object.fromEntries(found.map(({ path, size }) => [path, size])) }
}
