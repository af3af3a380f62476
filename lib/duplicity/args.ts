import type { Compression } from '../core/compression.ts'

/** How sets are encrypted. Passphrases are not here: they travel in the environment. */
export type Cipher =
  | { readonly kind: 'none' }
  | { readonly kind: 'passphrase'; readonly stretched: boolean }
  | { readonly kind: 'gpg'; readonly key: string }

export interface Target {
  readonly program: string
  /** Where the sets are; see {@link fileUrl}. */
  readonly url: string
  /** Names the archive's folder within `cache`. Backups and restores need two: a restore must not see a partial set. */
  readonly name: string
  readonly cache: string
  /** The folder of this name in it: copies of manifests and signatures. */
  readonly archiveDir: string
  readonly logFile: string
  readonly cipher: Cipher
  readonly compression: Compression
  readonly retries: number
  readonly options: readonly string[]
}

export interface Backup extends Target {
  readonly kind: 'full' | 'incremental'
  readonly source: string
  /** MB a volume. */
  readonly volumeSize: number
  /** Paths below the source, with `*`, `?` and `**` as duplicity knows them. */
  readonly exclude: readonly string[]
  /** A file of further exclusions, with whole paths; see selection.ts. */
  readonly excludeFrom?: string | undefined
  /** The newest set was made by another host (a site that moved): duplicity would refuse (exit code 3). */
  readonly otherHost: boolean
}

export interface Restore extends Target {
  /** An empty or missing folder: duplicity 3 does not refuse a full one. */
  readonly into: string
  /** Milliseconds since the epoch: the time of the very set to restore. The newest when absent. */
  readonly time?: number
  readonly path?: string
  /** MB a volume of the archive: a restore is refused with less room than one and a third of duplicity's own, 200. */
  readonly volumeSize: number
}

/** For passphrases of 256 random bits, which need no slow key derivation: a gpg call costs 0.006 s and not 0.2 s. */
const LIGHT_STRETCHING = 65536

/** Words that 0.8.22 and 3.0.4 understand alike; a value always stands in the same word as its option. */
export function backupWords(backup: Backup): string[] {
  return [
    backup.program,
    backup.kind,
    ...common(backup),
    `--volsize=${backup.volumeSize}`,
    ...(backup.otherHost ? ['--allow-source-mismatch'] : []),
    ...backup.exclude.map(path => `--exclude=${exclusionOf(backup.source, path)}`),
    ...(backup.excludeFrom === undefined ? [] : [`--exclude-filelist=${backup.excludeFrom}`]),
    backup.source,
    backup.url,
  ]
}

export function restoreWords(restore: Restore): string[] {
  return [
    restore.program,
    'restore',
    ...common(restore),
    ...(restore.time === undefined ? [] : [`--time=${Math.floor(restore.time / 1000)}`]),
    // what a restore keeps at once; larger than its own, it would only refuse more
    `--volsize=${Math.min(restore.volumeSize, 200)}`,
    // --file-to-restore became --path-to-restore: only the short form is the same in both
    ...(restore.path === undefined ? [] : ['-r', restore.path]),
    restore.url,
    restore.into,
  ]
}

/** At verbosity 9 its log file names every file of the archive too. */
export const collectionStatusWords = (target: Target): string[] => [
  target.program,
  'collection-status',
  ...common(target),
  '--verbosity=9',
  target.url,
]

/** One of duplicity's own commands to delete sets; `keepChains` is its N. */
export type Removing =
  | { readonly kind: 'cleanup' }
  | { readonly kind: 'strip-incrementals' | 'remove-chain'; readonly keepChains: number }

const REMOVING = { 'strip-incrementals': 'remove-all-inc-of-but-n-full', 'remove-chain': 'remove-all-but-n-full' } as const

/** The words of a pruning action. The target's cache must hold no partial set: `cleanup` would delete it. */
export function pruneWords(target: Target, removing: Removing): string[] {
  const verb = removing.kind === 'cleanup' ? ['cleanup'] : [REMOVING[removing.kind], String(removing.keepChains)]
  return [target.program, ...verb, '--force', ...common(target), target.url]
}

/** The words that delete only the partial set of the target's cache, also in the archive: no `--force`. */
export const dropPartialWords = (target: Target): string[] => [target.program, 'cleanup', ...common(target), target.url]

/** The text of `--file-prefix` among a person's own options: names in the archive begin with it. */
export function filePrefixIn(options: readonly string[]): string {
  const at = options.findLastIndex(option => /^--file-prefix(=|$)/.test(option))
  const option = options[at] ?? ''
  return option.includes('=') ? option.slice(option.indexOf('=') + 1) : (options[at + 1] ?? '')
}

function common(target: Target): string[] {
  return [
    `--archive-dir=${target.cache}`,
    `--name=${target.name}`,
    `--log-file=${target.logFile}`,
    `--num-retries=${target.retries}`,
    ...cipherWords(target),
    ...target.options,
  ]
}

function cipherWords({ cipher, compression }: Target): string[] {
  if (cipher.kind === 'none') return ['--no-encryption', ...(compression === 'none' ? ['--no-compression'] : [])]
  const gpg = gpgOptions(cipher, compression)
  return [
    ...(cipher.kind === 'gpg' ? [`--encrypt-key=${cipher.key}`] : []),
    ...(gpg.length === 0 ? [] : [`--gpg-options=${gpg.join(' ')}`]),
  ]
}

function gpgOptions(cipher: Cipher, compression: Target['compression']): string[] {
  return [
    // the inventory names the key, and that is the word for it: gpg itself trusts only keys that were made or signed on
    // this host
    ...(cipher.kind === 'gpg' ? ['--trust-model=always'] : []),
    ...(cipher.kind === 'passphrase' && !cipher.stretched ? [`--s2k-count=${LIGHT_STRETCHING}`] : []),
    ...(compression === 'none' ? ['--compress-algo=none'] : []),
    ...(typeof compression === 'number' ? [`--compress-level=${compression}`, `--bzip2-compress-level=${compression}`] : []),
  ]
}

/** gpg's words that encrypt a file of an archive as duplicity has gpg do it; undefined where nothing is encrypted. */
export function encryptWords({ cipher, compression }: Pick<Target, 'cipher' | 'compression'>): string[] | undefined {
  if (cipher.kind === 'none') return undefined
  const how = cipher.kind === 'gpg' ? ['--encrypt', `--recipient=${cipher.key}`] : ['--symmetric']
  return [...gpgOptions(cipher, compression), ...how]
}

export const exclusionOf = (source: string, path: string): string => join(escapeGlob(source), path)

/** A path as a pattern that matches just itself. */
export const escapeGlob = (path: string): string => path.replace(/[*?[]/g, '[$&]')

const join = (folder: string, path: string): string => `${folder.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`

/** A folder as the URL by which duplicity finds it, whatever its name: each part percent-encoded. */
export const fileUrl = (folder: string): string => `file://${folder.split('/').map(encodeURIComponent).join('/')}`

export const siteUrl = (base: string, site: string): string => `${base.replace(/\/+$/, '')}/${encodeURIComponent(site)}`

/** The folder of this machine that a URL means; undefined where it means another place. */
export const folderOfUrl = (url: string): string | undefined =>
  url.startsWith('file://') ? decodeURIComponent(url.slice('file://'.length)) : undefined

/** What the programs behind a URL's scheme look for in the home of whoever runs them: keys, known hosts, settings. */
const IN_HOME: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(pexpect\+|paramiko\+|lftp\+)?(sftp|scp|ssh|fish|rsync)$/, ['.ssh', '.netrc']],
  [/^(lftp\+|ncftp\+)?(ftps?|ftpes|https?|webdavs?)$/, ['.netrc']],
  [/^(boto3\+|s3\+)?(s3|http)$/, ['.aws', '.boto']],
  [/^(boto\+)?gs$/, ['.boto', '.gsutil']],
  [/^rclone$/, ['.config/rclone']],
]

/** Files and folders, relative to the home, that duplicity needs for a URL. The inventory names others. */
export function filesInHome(url: string): readonly string[] {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')))
  return IN_HOME.find(([pattern]) => pattern.test(scheme))?.[1] ?? []
}
