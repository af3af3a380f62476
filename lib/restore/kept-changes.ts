import { join } from 'node:path'
import { DAY } from '../core/age.ts'
import type { LocalChanges, WrittenRow } from '../core/local-changes.ts'
import { counted, formatBytes, printable } from '../core/wording.ts'
import { CommandFailed } from '../engine/process.ts'
import { sandboxed } from '../host/sandbox.ts'
import type { HostContext, SitePlace } from '../host/site.ts'
import { removeTree } from '../host/special-files.ts'
import { makeFolder, namesIn, writeWhole } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { CHANGES_FOLDER, isChangesFolder, workFolder } from './journal.ts'
import { openPlace } from './place.ts'
import { writtenRowsSql } from './written-rows.ts'

/** Whose changes a folder keeps: the first word of its name. */
type Kind = 'changes' | 'late-writes'

/** The folder beside a site's safety copies that has them. */
const homeOf = (host: Host, site: string): string => join(workFolder(host), encodeURIComponent(site))

/** What is kept of somebody's changes, to be merged by a person. */
export interface KeptChanges {
  /** A folder with `list.txt`, `rows.sql` and `files/`. */
  readonly path: string
  readonly bytes: number
  /** What is not in it, and why: a sentence each. */
  readonly left: readonly string[]
}

const MOST_FILES = 20_000
const MOST_LISTED = 20_000

/**
 * Keeps what somebody wrote on a site apart: the files as they are, the rows as statements, and a list of both.
 * @param head the first lines of the list: what this is
 */
export async function keepChanges(
  context: HostContext,
  site: SitePlace,
  changes: LocalChanges,
  { kind, head, sizes }: { readonly kind: Kind; readonly head: string; readonly sizes: Readonly<Record<string, number>> },
): Promise<KeptChanges> {
  const { host, shell } = context
  const most = host.keepChanges.megabytes * 1e6
  const path = freshFolder(homeOf(host, site.name), kind, shell.now())
  makeFolder(join(path, 'files'))
  const { copied, bytes, left } = choose(changes, sizes, most)
  if (copied.length > 0) await copy(context, site.folder, copied, join(path, 'files'))
  const rows = await writtenRowsSql(context, changes.rows, Math.max(1e6, most - bytes))
  if (rows.sql !== '') writeWhole(join(path, 'rows.sql'), HEAD_OF_SQL + rows.sql)
  const all = [...left, ...rows.left]
  writeWhole(
    join(path, 'list.txt'),
    [head, '', ...listOf(changes), ...(all.length > 0 ? ['', 'Not kept:', ...all] : []), ''].join('\n'),
  )
  return { path, bytes: bytes + Buffer.byteLength(rows.sql), left: all }
}

const HEAD_OF_SQL = `-- What was written here, as it is here. Numbers may be taken by other rows where it is merged: look first.
SET NAMES utf8mb4;
`

function freshFolder(home: string, kind: Kind, now: number): string {
  const name = `${kind}-${new Date(now).toISOString().slice(0, 19).replaceAll(':', '')}Z`
  const there = namesIn(home)
  let fresh = name
  for (let number = 2; there.includes(fresh); number += 1) fresh = `${name}-${number}`
  return join(home, fresh)
}

/** The small ones first: of what does not fit, the fewest are left out. */
function choose({ files }: LocalChanges, sizes: Readonly<Record<string, number>>, most: number) {
  const there = files.filter(({ how }) => how !== 'removed').map(({ path }) => path)
  const bySize = there.toSorted((a, b) => (sizes[a] ?? 0) - (sizes[b] ?? 0))
  let bytes = 0
  const copied = bySize.slice(0, MOST_FILES).filter(path => {
    const after = bytes + (sizes[path] ?? 0)
    if (after > most) return false
    bytes = after
    return true
  })
  const left = there.length - copied.length
  const text = `${counted(left, 'file')}: more than ${formatBytes(most)} (keepChanges in the inventory) or than ${MOST_FILES} files`
  return { copied, bytes, left: left === 0 ? [] : [text] }
}

/** No link of the site's is followed, and what is no plain file is copied as what it is. */
async function copy({ shell }: HostContext, live: string, paths: readonly string[], to: string): Promise<void> {
  const script = 'cd "$1" && exec xargs -0 cp --archive --parents --target-directory="$2" --'
  const sandbox = {
    reads: [live],
    writes: [to],
    capabilities: ['CAP_DAC_OVERRIDE', 'CAP_CHOWN', 'CAP_FOWNER', 'CAP_FSETID'],
    noLinks: live,
  } as const
  const words = sandboxed(['sh', '-c', script, 'keep-changes', live, to], sandbox)
  const input = paths.map(path => `./${path}\0`).join('')
  await shell.with({ input, onLine: () => {} }).ask(String)`${words}`.catch(error => {
    if (!(error instanceof CommandFailed) || !isOnlyGone(error.stderr)) throw error
  })
}

/** One that went away meanwhile is no reason to lose the others. */
const isOnlyGone = (stderr: string): boolean =>
  stderr !== '' &&
  stderr
    .trim()
    .split('\n')
    .every(line => line.endsWith(': No such file or directory'))

function listOf({ rows, files }: LocalChanges): string[] {
  const rowText = ({ how, kind, label = '', table, key }: WrittenRow): string =>
    `${how} ${kind} ${label === '' ? '' : `${JSON.stringify(printable(label))} `}(${table} ${key})`
  const lines = [...rows.map(rowText), ...files.map(({ how, kind, path }) => `${how} ${kind} ${JSON.stringify(printable(path))}`)]
  return [...lines.slice(0, MOST_LISTED), ...(lines.length > MOST_LISTED ? [`and ${lines.length - MOST_LISTED} more`] : [])]
}

/** Removes what is past its days, and the oldest of a site that takes more than it may. @throws when it cannot be */
export async function tidyChanges({ host, shell }: HostContext, site: string): Promise<void> {
  const home = homeOf(host, site)
  const found = namesIn(home)
    .filter(isChangesFolder)
    .toSorted((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1))
  let bytes = 0
  for (const name of found) {
    const { days, megabytes } = host.keepChanges
    const isOld = shell.now() - timeIn(timeOf(name)) > days * DAY
    bytes += isOld ? 0 : await sizeOf(join(home, name))
    // what was written on a host after others took the site over is nowhere else: it stays for its days
    const isTooMuch = bytes > megabytes * 1e6 && name !== found[0] && name.startsWith('changes-')
    if (!isOld && !isTooMuch) continue
    using place = openPlace(host, join(home, name))
    if (place) await removeTree(place.folder, place.name, shell)
  }

  async function sizeOf(folder: string): Promise<number> {
    return Number((await shell.quick.with({ onLine: () => {} }).ask(String)`du --summarize --bytes -- ${folder}`).split('\t')[0])
  }
}

const timeOf = (name: string): string => CHANGES_FOLDER.exec(name)![2]!
const timeIn = (stamp: string): number => Date.parse(stamp.replace(/T(\d\d)(\d\d)(\d\d)Z/, 'T$1:$2:$3Z'))
