import { randomBytes, randomUUID } from 'node:crypto'
import { dirname, join } from 'node:path'
import { type Expected, type FolderStat, wrongWith } from '../core/mount-check.ts'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { readState, rememberOrTell, writeState } from '../host/state.ts'
import type { ArchiveSettings, Host } from '../inventory/schema.ts'
import type { Needs } from './facts.ts'

declare const proven: unique symbol

/** An archive that was proven to be the one (S9). Only check-mount makes it: a backup into a bare mount point cannot be written down. */
export type Archive = (
  | { readonly kind: 'folder'; readonly root: string; readonly identity?: string }
  | { readonly kind: 'url'; readonly base: string; readonly options: readonly string[] }
) & {
  readonly [proven]: true
}

/** One site's part of the archive. */
export interface SiteArchive {
  /** Undefined for a URL. */
  readonly folder: string | undefined
  readonly url: string
  readonly options: readonly string[]
  /** What proves that the archive around the folder is still the one: a file, and what it holds. Undefined for a URL, and for an archive that does not exist yet. */
  readonly proof?: { readonly file: string; readonly identity: string }
}

/** The file that says which archive this is. */
const IDENTITY = '.holdfast-identity'

/**
 * Proves that what is mounted is the archive: a mount of another device than the folder around it, as the inventory describes it, with the
 * identity that is known for it, and writable (S9). Every look is a process with a time limit, which a dead server cannot hold up.
 */
export const checkMount: Step<Needs<'host' | 'request' | 'mounted'>, Needs<'archive'>> = {
  name: 'check-mount',
  title: 'Check the archive',
  run: async ({ host, request, mounted }, shell) => {
    if (host.archive.kind === 'url') {
      return { archive: { kind: 'url', base: host.archive.url, options: host.archive.options } as unknown as Archive }
    }
    const root = mounted!.root
    const { look } = host.deadlines
    const quick = shell.with({ timeout: host.archive.kind === 'mount' ? Math.min(look, host.archive.timeout) : look })
    await checkFolder(host.archive, root, quick)
    const { isThere, identity } = await checkIdentity(host, root, quick)
    if (!isThere && request.dryRun) return { archive: { kind: 'folder', root } as unknown as Archive }
    await checkAccess(host, root, quick)
    return { archive: { kind: 'folder', root, identity } as unknown as Archive }
  },
}

/** The same proof for a look: the archive is the one that the inventory describes and this host knows, but nothing is written to it, and none is begun. */
export const lookAtArchive: Step<Needs<'host' | 'mounted'>, Needs<'archive'>> = {
  name: 'look-at-archive',
  title: 'Look at the archive',
  run: async ({ host, mounted }, shell) => {
    if (host.archive.kind === 'url')
      return { archive: { kind: 'url', base: host.archive.url, options: host.archive.options } as unknown as Archive }
    const root = mounted!.root
    const quick = shell.quick.with({ onLine: () => {} })
    await checkFolder(host.archive, root, quick)
    const { isThere, identity } = await knowIdentity(host, root, quick)
    if (!isThere) throw new Error(`there is no archive in ${root}: no ${IDENTITY}`)
    return { archive: { kind: 'folder', root, identity } as unknown as Archive }
  },
}

async function checkFolder(archive: Exclude<ArchiveSettings, { kind: 'url' }>, root: string, shell: Shell): Promise<void> {
  const place = archive.kind === 'mount' ? archive.mountPoint : root
  const look = async (path: string) => shell.ask(parseStat)`stat --format=${'%d %u %g %h %s %F'} ${path}`
  const [found, parent] = [await look(place).catch(missing), await look(join(place, '..'))]
  if (found === undefined) {
    if (archive.kind === 'mount') throw new Error(`there is no mount point ${place}`)
    return
  }
  const wrong = wrongWith(found, parent, archive, archive.kind === 'mount')
  shell.note('info', describe(found, archive))
  if (wrong.length > 0) throw new Error(`${place} is not the archive: ${wrong.join('; ')}`)
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

function missing(error: unknown): undefined {
  if (error instanceof CommandFailed && /No such file or directory/.test(error.stderr)) return undefined
  throw error
}

function parseStat(output: string) {
  const [device = 0, owner = 0, group = 0, links = 0, size = 0] = output.split(' ').slice(0, 5).map(Number)
  return { device, owner, group, links, size, isFolder: output.trim().endsWith('directory') }
}

/** The identity of each archive that this host has met, by what its inventory calls it. */
type Known = Readonly<Record<string, string>>

/** Reads which archive it is. @throws when it is another than the inventory names or this host knows */
async function knowIdentity(host: Host, root: string, shell: Shell) {
  const known = readState<Known>(host, 'archives') ?? {}
  const wanted = (host.archive as { identity?: string }).identity ?? known[root]
  const found = await shell.ask(text => text.trim())`cat ${join(root, IDENTITY)}`.catch(missing)
  const isThere = found !== undefined && found !== ''
  if (isThere && wanted !== undefined && found !== wanted) {
    throw new Error(`another archive is in ${root}: its identity is ${found}, wanted ${wanted}`)
  }
  if (!isThere && wanted !== undefined)
    throw new Error(`the archive is not in ${root}: it has no ${IDENTITY}, wanted one with ${wanted}`)
  return { known, isThere, identity: isThere ? found : wanted }
}

/** Gives whether it was there, and which it is; a new one is begun. */
async function checkIdentity(host: Host, root: string, shell: Shell): Promise<{ isThere: boolean; identity: string }> {
  const { known, isThere, identity } = await knowIdentity(host, root, shell)
  const settled = identity ?? (await beginArchive(root, shell))
  if (known[root] !== settled)
    await shell.act(`remember ${settled} as the archive in ${root}`, () =>
      rememberOrTell(shell, `this host would take another archive in ${root} for it`, () =>
        writeState(host, 'archives', { ...known, [root]: settled }),
      ),
    )
  return { isThere, identity: settled }
}

/** Begins an archive. Of two hosts that do so at the same moment the second takes the identity that the first one wrote. */
async function beginArchive(root: string, shell: Shell): Promise<string> {
  const identity = randomUUID()
  const file = join(root, IDENTITY)
  shell.note('significant', `a new archive begins in ${root}, with the identity ${identity}`)
  await shell.act`mkdir --parents ${root}`
  try {
    await shell.with({ input: `${identity}\n` }).act`dd status=none conv=fsync,excl of=${file}`
    return identity
  } catch (error) {
    if (!(error instanceof CommandFailed) || !/File exists/.test(error.stderr)) throw error
    return await shell.ask(text => text.trim())`cat ${file}`
  }
}

/** What proves later in the run that the archive is still there. */
export const proofOf = ({ root, identity }: { root: string; identity?: string }): Pick<SiteArchive, 'proof'> =>
  identity === undefined ? {} : { proof: { file: join(root, IDENTITY), identity } }

/**
 * Proves it again, before a site is looked at or written to. A share can go away in the middle of a run: the daemon of an sshfs ends with its
 * connection, and what is left is the folder underneath, empty and writable.
 * @throws when the archive is not what check-mount found
 */
export async function proveAgain({ proof }: SiteArchive, shell: Shell): Promise<void> {
  if (proof === undefined) return
  const gone = (how: string): Error => new Error(`the archive ${how} ${dirname(proof.file)}: its share went away during the run`)
  const look = shell.quick.with({ onLine: () => {} }).ask(text => text.trim())`cat ${proof.file}`
  const found = await look.catch(missing).catch(error => {
    if (!(error instanceof CommandFailed)) throw error
    throw gone(`can no longer be read (${error.message}) in`)
  })
  if (found !== proof.identity) throw gone('is no longer in')
}

/** Writes a file, reads it back, compares and removes it: a listing may come from a cache, a nonce does not. */
async function checkAccess(host: Host, root: string, shell: Shell): Promise<void> {
  const nonce = randomBytes(16).toString('hex')
  const file = join(root, `.holdfast-access-${host.name}-${process.pid}`)
  // dd says what is wrong with a share; a shell's own printf says only 'I/O error' of a full one
  const script = 'printf %s "$2" | dd status=none conv=fsync of="$1" && cat "$1"; code=$?; rm -f "$1" && exit $code'
  const back = await shell.ask(String)`sh -c ${script} access-test ${file} ${nonce}`.catch(full(root))
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
    if (!(error instanceof CommandFailed)) throw error
    if (/No space left on device|Disk quota exceeded/.test(error.stderr)) return FULL
    // over SSH a share that is read-only says of itself only that the operation is not permitted
    throw new Error(`the archive in ${root} cannot be written to: is it read-only? (${error.message})`)
  }
