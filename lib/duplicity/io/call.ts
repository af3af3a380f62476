import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Secret } from '../../core/secret.ts'
import type { Skipped } from '../../core/unread.ts'
import { cannotWrite } from '../../core/wording.ts'
import { type CommandOptions, TimedOut } from '../../engine/process.ts'
import type { Shell } from '../../engine/shell.ts'
import { type Place, type Sandbox, sandboxed } from '../../host/sandbox.ts'
import { makeGpgHome, makeScratch } from '../../host/scratch.ts'
import { makeFolder, removeQuietly } from '../../host/whole-file.ts'
import type { ArchiveSettings, Host } from '../../inventory/schema.ts'
import { type Secrets, secretOf } from '../../inventory/secrets.ts'
import type { SiteArchive } from '../../store/archive.ts'
import { type Cipher, filesInHome, folderOfUrl, type Target } from '../args.ts'
import { duplicityError, endedError } from '../errors.ts'
import { parseLog, skippedIn } from '../log.ts'

/** What a call is for. Backups and restores of one archive keep apart what they remember of it. */
export type Purpose = 'backup' | 'restore'

const cacheOf = (host: Host): string => join(host.paths.cache, 'duplicity')

export function targetOf(host: Host, site: string, archive: SiteArchive, purpose: Purpose): Target {
  const name = `${encodeURIComponent(site)}.${purpose}`
  const cache = cacheOf(host)
  const { program, compression, retries } = host.duplicity
  return {
    program,
    url: archive.url,
    name,
    cache,
    archiveDir: join(cache, name),
    logFile: join(cache, `${name}.log`),
    cipher: cipherOf(host),
    // what a backup chooses for itself
    compression: compression === 'auto' ? 'default' : compression,
    retries,
    options: archive.options,
  }
}

function cipherOf({ encryption }: Host): Cipher {
  if (encryption.kind === 'passphrase') return { kind: 'passphrase', stretched: !encryption.generated }
  return encryption.kind === 'gpg' ? { kind: 'gpg', key: encryption.key } : { kind: 'none' }
}

export interface DuplicityCall {
  readonly host: Host
  readonly secrets: Secrets
  readonly target: Target
  readonly archive: SiteArchive
  readonly access: 'reads' | 'writes'
  /** Only these files of it are seen, for what reads; all when absent. */
  readonly only?: readonly string[] | undefined
  readonly sandbox?: Sandbox
}

/** A call that is ready. What it kept on this host's disk goes when it is disposed of. */
export interface ReadyCall extends AsyncDisposable {
  /** Runs it: secrets in its environment, a failure as a named error (S40). */
  readonly shell: Shell
  /** What it said of each file that it skipped, once it has ended well. */
  readonly skipped: () => readonly Skipped[]
  readonly sandboxed: (words: readonly string[]) => string[]
}

/** Bytes that each of its processes may have: far more than it needs, far less than a set could make it take. */
const MEMORY = 8 * 1024 ** 3

/**
 * Makes a call of duplicity ready to run in a sandbox: it sees this archive's folder, its own cache of it, a home of
 * gpg, and what it is given, for files and sets may be a stranger's (S41). For a URL it has the network, and of the
 * person's home what `archive.reads` names. One call at a time for one target, whose log file it is.
 * @throws when the cache cannot be written
 */
export async function duplicityCall(
  { host, secrets, target, archive, access, only, sandbox = {} }: DuplicityCall,
  shell: Shell,
): Promise<ReadyCall> {
  const folder = archive.folder ?? folderOfUrl(archive.url)
  const scratch = makeScratch(host, target.cache)
  try {
    makeFolder(target.archiveDir)
    writeFileSync(target.logFile, '', { mode: 0o600 })
    if (archive.folder === undefined && folder !== undefined && access === 'writes') makeFolder(folder)
  } catch (error) {
    throw cannotWrite(`${target.cache} of this host`, error)
  }
  const gpg = await makeGpgHome(host.encryption, join(scratch.path, 'gnupg'), shell)
  const names = host.archive.kind === 'url' ? host.archive.env : []
  const own: Record<string, Secret> = Object.fromEntries(names.map(name => [name, secretOf(secrets, name)]))
  const whole = folder === undefined ? [] : [folder]
  const sets = folder && only ? viewOf(folder, only, { behind: '/archive', view: join(scratch.path, 'view') }) : whole
  const program = folder === undefined ? [] : backendsSeen(join(scratch.path, 'backends'))
  const home = folder === undefined ? homePlaces(host.archive) : []
  const all: Sandbox = {
    ...sandbox,
    // archives belong to whomever the share says
    capabilities: ['CAP_DAC_OVERRIDE', ...(sandbox.capabilities ?? [])],
    reads: [...program, ...(sandbox.reads ?? []), ...gpg.reads, ...home, ...(access === 'reads' ? sets : [])],
    writes: [
      ...(sandbox.writes ?? []),
      ...gpg.writes,
      ...(access === 'writes' ? whole : []),
      target.archiveDir,
      target.logFile,
      scratch.path,
    ],
    network: folder === undefined,
    env: { ...gpg.env, TMPDIR: scratch.path, ...(folder === undefined ? { HOME: homedir() } : {}) },
    limits: { memory: MEMORY },
  }
  return {
    skipped: () => skippedIn(logOf(target)),
    shell: shell.with({
      env: { ...own, ...passphraseOf(host, secrets) },
      ...duplicityEnding(host, target, placesOf(target)),
    }),
    sandboxed: words => sandboxed(words, all),
    [Symbol.asyncDispose]: async () => {
      if (logOf(target) === '') removeQuietly(target.logFile) // of a dry run nothing stays
      await scratch[Symbol.asyncDispose]()
    },
  }
}

/** Some files of a folder, at its place: links to where all of it lies in the sandbox. */
function viewOf(
  folder: string,
  names: readonly string[],
  { behind, view }: { readonly behind: string; readonly view: string },
): Place[] {
  makeFolder(view)
  for (const name of names) symlinkSync(join(behind, name), join(view, name))
  return [
    { from: folder, to: behind },
    { from: view, to: folder },
  ]
}

/** Where Debian's duplicity has what it reaches archives with, and what of that it needs for a folder. */
const BACKENDS = '/usr/lib/python3/dist-packages/duplicity/backends'
const FOR_FOLDERS = ['__init__.py', '__pycache__', 'localbackend.py']

/** What there is of them is imported at each start, all for clouds too: a quarter of the time that it takes. */
function backendsSeen(view: string): Place[] {
  if (!FOR_FOLDERS.every(name => existsSync(join(BACKENDS, name)))) return []
  return viewOf(BACKENDS, FOR_FOLDERS, { behind: '/backends', view })
}

/** What a program for this URL may read of the person's home, and what the inventory names besides. */
function homePlaces(archive: ArchiveSettings): string[] {
  if (archive.kind !== 'url') return []
  return [...filesInHome(archive.url).map(name => join(homedir(), name)), ...archive.reads].filter(existsSync)
}

const placesOf = ({ name, cache }: Target): string[] =>
  name.endsWith('.restore' satisfies `.${Purpose}`) ? [cache, 'the folder that it restores into'] : [cache]

/** A key without a passphrase has an empty one: duplicity would ask the terminal for one that is missing. */
function passphraseOf({ encryption }: Host, secrets: Secrets): Record<string, string | Secret> {
  if (encryption.kind === 'none') return {}
  return { PASSPHRASE: encryption.secret === undefined ? '' : secretOf(secrets, encryption.secret) }
}

/** Seconds in which duplicity may do nothing after an error: it may wait for a gpg to which it listens no longer. */
const AFTER_ERROR = 5

const TAIL = 65_536

/** How a call is ended that does not end by itself. @param places where it writes on this host */
function duplicityEnding(
  { deadlines }: Host,
  target: Target,
  places: readonly string[],
): Required<Pick<CommandOptions, 'idleTimeout' | 'explain'>> {
  return {
    idleTimeout: () => (parseLog(tailOf(target.logFile)).at(-1)?.keyword === 'ERROR' ? AFTER_ERROR : deadlines.duplicity),
    explain: failure => {
      const log = logOf(target)
      return failure instanceof TimedOut
        ? endedError(log, failure.stderr, `${failure.how}, deadlines.duplicity in the inventory`, places)
        : duplicityError(failure.exitCode, log, failure.stderr, places)
    },
  }
}

export function logOf({ logFile }: Pick<Target, 'logFile'>): string {
  try {
    return readFileSync(logFile, 'utf8')
  } catch {
    return ''
  }
}

function tailOf(file: string): string {
  try {
    const descriptor = openSync(file, 'r')
    try {
      const bytes = Buffer.alloc(TAIL)
      const count = readSync(descriptor, bytes, 0, TAIL, Math.max(0, fstatSync(descriptor).size - TAIL))
      return bytes.toString('utf8', 0, count)
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return '' // it has written nothing yet
  }
}
