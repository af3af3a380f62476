import { randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type Expected, type FolderStat, wrongWith } from '../core/path.ts'
import type { Shell } from '../engine/shell.ts'
import { readState, rememberOrTell, writeState } from '../host/state.ts'
import type { ArchiveSettings, Host } from '../inventory/schema.ts'
import { ShareFailure, unlessMissing } from './share-failure.ts'
import { ShareFiles } from './share-files.ts'
import { IDENTITY, IDENTITY_LIMIT, type SharePlace } from './share-place.ts'

type FolderSettings = Exclude<ArchiveSettings, { kind: 'url' }>

/** What is mounted, and how it is looked at. */
interface Share {
  readonly host: Host
  readonly settings: FolderSettings
  readonly root: string
  readonly files: ShareFiles
  readonly shell: Shell
}

export const shareOf = (host: Host, settings: FolderSettings, root: string, shell: Shell): Share => ({
  host,
  settings,
  root,
  shell,
  files: new ShareFiles(placeOf(settings), shell),
})

/** The folder that the administrator names, and the way from it that others can shape. */
export const placeOf = (archive: FolderSettings): SharePlace =>
  archive.kind === 'mount' ? { base: archive.mountPoint, way: archive.folder } : { base: archive.path, way: '', isLocal: true }

export async function checkFolder({ settings, files, shell }: Share): Promise<void> {
  const { base } = placeOf(settings)
  const isMount = settings.kind === 'mount'
  const stat = await files.stat()
  if (stat === undefined) {
    if (isMount) throw new Error(`there is no mount point ${base}`)
    return
  }
  const wrong = wrongWith(stat.found, stat.around, settings, isMount)
  shell.note('info', describe(stat.found, settings))
  if (wrong.length > 0) throw new Error(`${base} is not the archive: ${wrong.join('; ')}`)
}

/** What was found beside what is expected, where the inventory says so. */
function describe(found: FolderStat, expected: Expected): string {
  const should = (wanted: number | undefined, words = 'should be'): string => (wanted === undefined ? '' : ` ${words} ${wanted}`)
  return [
    `hard links ${found.links}${should(expected.links)}`,
    `owner ${found.owner}${should(expected.owner)}`,
    `group ${found.group}${should(expected.group)}`,
    `size ${found.size}${should(expected.maxSize, 'should be less than')}`,
  ].join(', ')
}

/** Tells of an archive that another program made and no run has marked. @throws when there is nothing */
export async function noteUnmarked({ root, files, shell }: Share): Promise<void> {
  const names = await files.names('').catch(unlessMissing)
  if (!names || names.length === 0) throw new Error(`there is no archive in ${root}: no ${IDENTITY}`)
  shell.note(
    'info',
    `the archive in ${root} has no ${IDENTITY} yet: the first run takes what lies there for the archive, and makes one`,
  )
}

/** The identity of each archive that this host has met, by what its inventory calls it. */
const identities = z.record(z.string(), z.string())

/** Reads which archive it is. @throws when it is another than the inventory names or this host knows */
export async function knowIdentity({ host, root, files }: Share) {
  const known = readState(host, 'archives', identities) ?? {}
  const wanted = (host.archive as { identity?: string }).identity ?? known[root]
  const found = (await files.text(IDENTITY, IDENTITY_LIMIT).catch(unlessMissing))?.trim()
  const isThere = found !== undefined && found !== ''
  if (isThere && wanted !== undefined && found !== wanted) {
    throw new Error(`another archive is in ${root}: its identity is ${found}, wanted ${wanted}`)
  }
  if (!isThere && wanted !== undefined)
    throw new Error(`the archive is not in ${root}: it has no ${IDENTITY}, wanted one with ${wanted}`)
  return { known, isThere, identity: isThere ? found : wanted }
}

/** Gives whether it was there, and which it is; a new one is begun. */
export async function checkIdentity(share: Share): Promise<{ isThere: boolean; identity: string }> {
  const { host, root, shell } = share
  const { known, isThere, identity } = await knowIdentity(share)
  const settled = identity ?? (await beginArchive(share))
  if (known[root] !== settled)
    await shell.act(`remember ${settled} as the archive in ${root}`, () =>
      rememberOrTell(shell, `this host would take another archive in ${root} for it`, () =>
        writeState(host, 'archives', { ...known, [root]: settled }),
      ),
    )
  return { isThere, identity: settled }
}

/** Begins an archive. Of two hosts that do so at once, the second takes the identity that the first one wrote. */
async function beginArchive({ settings, root, files, shell }: Share): Promise<string> {
  const identity = randomUUID()
  shell.note('significant', `a new archive begins in ${root}, with the identity ${identity}`)
  const { base, way } = placeOf(settings)
  if (settings.kind === 'folder') await shell.act`mkdir --parents --mode=700 ${base}`
  const parts = way.split('/').filter(part => part !== '')
  const around = new ShareFiles({ base, way: '' }, shell)
  for (const index of parts.keys()) await around.makeFolder(parts.slice(0, index + 1).join('/'))
  if (await files.create(IDENTITY, `${identity}\n`)) return identity
  return (await files.text(IDENTITY, IDENTITY_LIMIT))?.trim() ?? identity
}

/** Begins the names of the files by which an archive is tried. */
const ACCESS = '.holdfast-access-'

/** Removes what runs that were killed as they tried it left, of any host. A try takes no hour. */
async function removeOld(files: ShareFiles, now: number): Promise<void> {
  if ((await files.names(ACCESS)).length === 0) return
  for (const { name, modifiedAt } of (await files.list()) ?? [])
    if (name.startsWith(ACCESS) && modifiedAt < now - 3_600_000) await files.remove(name)
}

/** Writes a file, reads it back, compares and removes it: a listing may come from a cache, a nonce does not. */
export async function checkAccess({ root, files, shell }: Share): Promise<void> {
  const nonce = randomBytes(16).toString('hex')
  await removeOld(files, shell.now()).catch(() => {}) // a share that cannot be written says so below
  const back = await files.writtenAndReadBack(ACCESS, nonce).catch(full(root))
  if (back === FULL) {
    // what is full must still be pruned: reading its identity has proved which archive it is
    shell.note('problem', `the archive in ${root} is full: nothing can be written to it until something is deleted`)
    return
  }
  if (back !== nonce)
    throw new Error(`the archive in ${root} gave back ${JSON.stringify(back)} for the ${JSON.stringify(nonce)} written to it`)
  shell.note('info', `access test: ${nonce} written to ${root} and read back`)
}

const FULL = Symbol('full')

const full =
  (root: string) =>
  (error: unknown): typeof FULL => {
    if (!(error instanceof ShareFailure) || error.code === 'ETIMEDOUT') throw error
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return FULL
    // over SSH a share that is read-only says of itself only that the operation is not permitted
    throw new Error(`the archive in ${root} cannot be written to: is it read-only? (${error.message})`)
  }
