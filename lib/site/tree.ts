import { hash as digest } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip, gunzipSync, gzipSync } from 'node:zlib'
import type { z } from 'zod'
import type { Sampled } from '../core/compression.ts'
import { type TreeChange, treeChange } from '../core/tree-change.ts'
import { messageOf } from '../core/wording.ts'
import { patternsOf } from '../duplicity/io/exclusions.ts'
import { isLeftOut } from '../duplicity/selection.ts'
import type { CommandOptions } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import { OpenedFile } from '../host/opened-file.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { readRecord, type SiteRecord, updateRecord } from '../host/records.ts'
import { type Place, sandboxed } from '../host/sandbox.ts'
import type { Site } from '../host/site.ts'
import type { SpecialFile } from '../host/special-files.ts'
import { siteState } from '../host/state.ts'
import { writeWhole } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { LISTING, type ListingRequest, listingAnswer, MODIFIED, PATH } from './tree-listing.ts'

/** The site's folder as it was right before its backup; undefined where that is not known. */
export type Listed = { readonly tree: Tree | undefined }

/** A listing of a site's folder as it was before its backup began. */
export interface Tree {
  readonly hash: string
  /** The text, compressed; undefined where it is that which is remembered. */
  readonly listing: Buffer | undefined
  /** How it differs from what the newest set was made from; undefined where that is not known. */
  readonly change: TreeChange | undefined
  /** The hash of what is printed of it, by which it is known again. */
  readonly printed: string
  /** What is in it that no backup brings back as it is. */
  readonly special: readonly SpecialFile[]
}

const listFile = (host: Host, site: Site): string => join(host.paths.state, `${siteState(site.name)}.list.gz`)

/**
 * Lists a site's folder, and compares that with the listing from before its newest set.
 * @param newest the time of the newest set
 * @returns undefined when it cannot be done: a backup is made without it
 * @throws when the run is stopped
 */
export async function listTree(host: Host, site: Site, newest: number | undefined, shell: Shell): Promise<Tree | undefined> {
  const quiet = shell.with({ onLine: () => {}, timeout: host.deadlines.idle })
  try {
    const { tree } = readRecord(host, site.name)
    const known = tree?.time === newest && tree?.exclusions === exclusionsOf(site) ? tree : undefined
    const { printed = '', hash = known?.hash ?? '', ...found } = await list(host, site, known, quiet)
    if (printed === known?.printed) return { hash, printed, listing: undefined, change: NO_CHANGE, special: known.special ?? [] }
    const isSame = known?.hash === hash
    const listed: Tree = {
      hash,
      printed,
      listing: found.list,
      change: isSame ? NO_CHANGE : known && changeIn(found.changes ?? undefined, site),
      special: [...devicesIn(found.devices), ...namesIn(found.marked).map(path => ({ kind: 'unchangeable' as const, path }))],
    }
    if (isSame) await quiet.act('remember how its folder is printed', () => rememberTree(host, site, known.time, listed))
    return listed
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('info', `cannot tell what has changed in its folder: ${messageOf(error)}`)
    return undefined
  }
}

type Answer = z.output<typeof listingAnswer>

const namesIn = (bytes: Buffer | undefined): string[] => bytes?.toString().split('\0').slice(0, -1) ?? []

const devicesIn = (bytes: Buffer | undefined): SpecialFile[] =>
  namesIn(bytes).map(line => ({ kind: line.startsWith('s') ? 'socket' : 'device', path: line.slice(2) }))

/** Bytes that a listing may take: far more than one of millions of files does. */
const MEMORY = 8 * 1024 ** 3

/** Set once the program that is shown all sites has failed: what is mounted in one of them can be dead. */
let isEachAlone = false

const listingWords = (folder: string): string[] =>
  sandboxed(['/usr/bin/python3', '-I', '-S', '-c', LISTING], {
    reads: [folder],
    capabilities: ['CAP_DAC_OVERRIDE'],
    noLinks: folder,
    limits: { memory: MEMORY },
  })

const STAYS = { endOfAnswer: JSON.stringify }

/** Starts what lists sites, for the first of a run. */
export const prepareListing = ({ vhosts }: Host, shell: Shell): void => shell.with(STAYS).prepare`${listingWords(vhosts)}`

/** By a program that stays for the next site; where it cannot, as of a site that is a link, by one for this site. */
async function list(host: Host, site: Site, known: SiteRecord['tree'], shell: Shell): Promise<Answer> {
  const areMarked = known?.special?.some(({ kind }) => kind === 'unchangeable') ?? true
  const earlier = known && remembered(host, site).toString('base64')
  const { printed, hash } = known ?? {}
  const input = JSON.stringify({ folder: site.folder, printed, hash, earlier, areMarked } satisfies ListingRequest)
  const ask = (folder: string, options: CommandOptions): Promise<Answer> => {
    const one = shell.with({ input, ...options })
    return one.ask(text => listingAnswer.parse(JSON.parse(text)))`${listingWords(folder)}`
  }
  if (!isEachAlone)
    try {
      const answer = await ask(host.vhosts, STAYS)
      if (answer.said === undefined) return answer
    } catch (error) {
      if (shell.stop.aborted) throw error
      isEachAlone = true
    }
  const { said, ...answer } = await ask(site.folder, {})
  if (said !== undefined) throw new Error(said)
  return answer
}

const NO_CHANGE: TreeChange = { differs: false, overlooked: [], overlookedBytes: 0 }

function changeIn(lines: Buffer | undefined, site: Site): TreeChange {
  if (lines === undefined) return { ...NO_CHANGE, differs: true }
  const patterns = patternsOf(site)
  return treeChange(lines.toString(), (path, isFolder) => isLeftOut(patterns, join(site.folder, path), isFolder))
}

const exclusionsOf = (site: Site): string => digest('sha256', JSON.stringify(patternsOf(site)))

/** The files of a listing, with their sizes, from the site's folder on; none where there is no listing. */
export async function* filesListed(host: Host, site: Site, tree: Tree | undefined): AsyncGenerator<Sampled> {
  if (tree === undefined) return
  let rest = ''
  const packed = Readable.from([tree.listing ?? remembered(host, site)])
  for await (const text of packed.pipe(createGunzip()).setEncoding('utf8')) {
    const lines = `${rest}${text}`.split('\0')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [kind, , , bytes, , , , , ...path] = line.split(' ')
      if (kind === 'f') yield { path: path.join(' '), bytes: Number(bytes) }
    }
  }
}

function remembered(host: Host, site: Site): Buffer {
  using file = OpenedFile.openNamed(listFile(host, site))
  return file.head(file.stat.size)
}

/**
 * Remembers a listing as the one that the set of this time was made from; without one, that there is none.
 * @param later files that are in the set a second later in time, by copiesOf()
 */
export function rememberTree(host: Host, site: Site, time: number, tree: Tree | undefined, later: readonly string[] = []): void {
  const isLater = tree?.listing !== undefined && later.length > 0
  const { hash, listing } = isLater ? withLater(tree.listing, later) : (tree ?? {})
  if (listing) writeWhole(listFile(host, site), listing)
  const facts = tree && { hash, special: [...tree.special], printed: isLater ? undefined : tree.printed }
  updateRecord(host, site.name, { tree: facts && { time, exclusions: exclusionsOf(site), ...facts } })
}

/** A listing in which these files are a second later, in its order. Its bytes are no text: names may be anything. */
function withLater(listing: Buffer, paths: readonly string[]): Required<Pick<Tree, 'hash' | 'listing'>> {
  const later = new Set(paths.map(path => Buffer.from(path).toString('latin1')))
  const lines = gunzipSync(listing).toString('latin1').split('\0').slice(0, -1)
  const found = lines.map(line => {
    const fields = line.split(' ')
    if (!later.has(fields.slice(PATH).join(' '))) return line
    return fields.with(MODIFIED, String(Math.max(0, Math.floor(Number(fields[MODIFIED]))) + 1)).join(' ')
  })
  const bytes = Buffer.from([...found.toSorted(), ''].join('\0'), 'latin1')
  return { hash: digest('sha256', bytes), listing: gzipSync(bytes, { level: 1 }) }
}

/**
 * Copies of files that duplicity would overlook, a second later in time, and where it is to see them. The next backup
 * gives them their own time again. What is gone or exchanged meanwhile is left as it is, and so is what has grown past
 * `most` bytes together: a site's user must not fill this host's disk.
 */
export async function copiesOf(site: Site, paths: readonly string[], scratch: string, most: number): Promise<Place[]> {
  using opened = OpenedFolder.open(site.folder)
  using into = OpenedFolder.open(scratch)
  const places: Place[] = []
  let left = most
  for (const path of paths) {
    const name = String(places.length)
    const bytes = await copyTo(into, name, opened, path, left)
    if (bytes === undefined) continue
    left -= bytes
    places.push({ from: join(scratch, name), to: join(site.folder, path) })
  }
  return places
}

/** @returns the size of what was copied; undefined where it is no file of at most so many bytes any more */
async function copyTo(
  into: OpenedFolder,
  name: string,
  opened: OpenedFolder,
  path: string,
  most: number,
): Promise<number | undefined> {
  using folder = path.includes('/') ? opened.plainFolder(dirname(path)) : undefined
  using file = (folder ?? opened).plainFile(basename(path))
  if (!file || file.stat.size > most || (path.includes('/') && !folder)) return undefined
  const { atime, mtimeMs, uid, gid, mode } = file.stat
  await copyFile(file.path, join(into.path, name), constants.COPYFILE_EXCL)
  using copy = into.file(name)
  copy.setOwner(uid, gid)
  copy.setMode(mode & 0o7777)
  copy.setTimes(atime, new Date(Math.max(0, Math.floor(mtimeMs)) + 1000))
  return file.stat.size
}
