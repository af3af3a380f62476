import { parseLog, type Stanza } from './log.ts'

/** What went wrong, by name: its codes in duplicity's `log.py` (0.8.22 and 3.x alike), and its words for people. */
const FAULTS = {
  'bad-command-line': [[2], 'duplicity does not understand its options'],
  'other-source-host': [[3], 'the sets in the archive were made by another host'],
  'other-source-folder': [[42], 'the sets in the archive were made from another folder'],
  'no-backup': [[], 'the archive holds no backup that can be used'],
  'manifest-mismatch': [[5], 'a manifest in the archive differs from the local copy'],
  'manifest-unreadable': [[6], 'a manifest in the archive cannot be read'],
  'target-exists': [[11], 'the folder to restore into is not empty'],
  'no-signatures': [[17, 18], 'the signatures of the last set are missing: only a full backup can go on'],
  'not-in-backup': [[19, 20], 'the path is not in the backup'],
  'corrupt-volume': [[21], 'a volume in the archive is corrupt'],
  locked: [[], 'another duplicity works with this archive'],
  'wrong-passphrase': [[], 'the passphrase does not fit the archive'],
  'no-secret-key': [[], 'gpg has no secret key here that opens the archive'],
  'gpg-failed': [[31], 'gpg failed'],
  'no-temporary-space': [[35], 'the disk of this host has too little space for temporary files'],
  'host-full': [[], 'the disk of this host is full'],
  'cache-unwritable': [[9], 'duplicity cannot make its own folder on this host'],
  'archive-forbidden': [[51], 'the archive refuses access'],
  'volume-missing': [[52], 'a file is missing from the archive'],
  'archive-full': [[53], 'the disk of the archive is full'],
  'archive-unreachable': [[38, 50, 54, 55], 'the archive cannot be reached'],
  'upload-mismatch': [[44, 56], 'a volume did not arrive whole in the archive'],
  'link-on-the-way': [[], 'a symbolic link stands where a folder has to be: somebody put it there'],
  interrupted: [[], 'duplicity was interrupted'],
  stuck: [[], 'duplicity made no progress'],
  unknown: [[], 'duplicity failed'],
} satisfies Record<string, readonly [codes: readonly number[], meaning: string]>
export type DuplicityFault = keyof typeof FAULTS

const BY_CODE = new Map<number, DuplicityFault>(
  (Object.keys(FAULTS) as DuplicityFault[]).flatMap(fault => FAULTS[fault][0].map(code => [code, fault] as const)),
)

/** What the text says when the code says too little. First match wins. */
const BY_TEXT: readonly (readonly [RegExp, DuplicityFault])[] = [
  [/Specified archive directory .* not (exist|a directory)/i, 'cache-unwritable'],
  [/No secret key/i, 'no-secret-key'],
  [/Too many levels of symbolic links/, 'link-on-the-way'],
  [/Bad session key|decryption failed: Bad|bad passphrase/i, 'wrong-passphrase'],
  [/another (duplicity )?instance is already running|lock(file)? .*(held|acquire)/i, 'locked'],
  [/No space left on device|Disk quota exceeded/i, 'archive-full'],
  [/Manifest file .* not found|No backup chains|no backup sets|No manifests? found|Unable to locate/i, 'no-backup'],
  [
    /Invalid data - .* hash mismatch|CRC check failed|Compressed file ended|zlib|not a gzip|unexpected end of (data|file)/i,
    'corrupt-volume',
  ],
  [/No such file or directory: .*\.difftar|\.difftar\S* (not found|does not exist)|file not found/i, 'volume-missing'],
  [/Input\/output error|Stale file handle|Transport endpoint is not connected|Host is down/i, 'archive-unreachable'],
  [/gpg: |GPGError|GPG Failed/i, 'gpg-failed'],
]

/** Where the trouble is a disk of this host, and not the archive's. */
const OF_THIS_HOST: ReadonlySet<DuplicityFault> = new Set(['no-temporary-space', 'host-full', 'cache-unwritable'])

/** Whether an error is duplicity's of a disk of this host: of the archive it says nothing. */
export const isOfThisHost = (error: unknown): boolean => error instanceof DuplicityError && OF_THIS_HOST.has(error.fault)

interface Circumstances {
  readonly places?: readonly string[]
  /** What became of it, when its exit code does not say that: to be read after its name. */
  readonly how?: string
}

export class DuplicityError extends Error {
  readonly fault: DuplicityFault
  readonly exitCode: number | undefined

  constructor(
    fault: DuplicityFault,
    exitCode: number | undefined,
    said: string,
    { places = [], how = exitCode === undefined ? 'was killed' : `exit code ${exitCode}` }: Circumstances = {},
  ) {
    const where = OF_THIS_HOST.has(fault) && places.length > 0 ? `${places.join(' or ')}, ` : ''
    super(`${FAULTS[fault][1]} (${where}duplicity ${how})${said === '' ? '' : `: ${said}`}`)
    this.fault = fault
    this.exitCode = exitCode
  }
}

/**
 * Names a failure. @param exitCode undefined when a signal ended it
 * @param printed its standard error, for what never reached the log @param places where it writes on this host
 */
export function duplicityError(
  exitCode: number | undefined,
  log: string,
  printed: string,
  places: readonly string[] = [],
): DuplicityError {
  const errors = parseLog(log).filter(stanza => stanza.keyword === 'ERROR')
  const text = `${errors.map(stanza => stanza.text).join('\n')}\n${printed}`
  return new DuplicityError(faultOf(exitCode, errors, text), exitCode, sentence(errors.at(-1)?.text ?? printed), { places })
}

/** Names the failure of a call that was ended. @param how what became of it, to be read after its name */
export function endedError(log: string, printed: string, how: string, places: readonly string[] = []): DuplicityError {
  const last = parseLog(log).at(-1)
  if (last?.keyword === 'ERROR') return duplicityError(last.code, log, printed, places)
  return new DuplicityError('stuck', undefined, sentence(last?.text ?? printed), { how })
}

function faultOf(exitCode: number | undefined, errors: readonly Stanza[], text: string): DuplicityFault {
  if (exitCode === undefined) return 'interrupted'
  const byText = BY_TEXT.find(([pattern]) => pattern.test(text))?.[1]
  // 23 is a held lock, a backend's exception or, in 3.x, the command line; 1, 4 and 30 say even less
  const vague = [1, 4, 23, 30, 31].includes(exitCode)
  const byCode = BY_CODE.get(exitCode)
  // the code is that of a put also where a volume was fetched, and filled this host's disk: the operation stands behind
  // it
  if (byCode === 'archive-full' && errors.at(-1)?.words[0] === 'get') return 'host-full'
  if (!vague && byCode) return byCode
  // what a backend could not write has a code of its own; any other exception is of what duplicity writes on this host
  if (byText === 'archive-full' && (exitCode === 30 || exitCode === 31) && !/duplicity\/backend/.test(text)) return 'host-full'
  if (byText) return byText
  if (exitCode === 4) return 'no-backup'
  if (exitCode === 23 && errors.some(error => /option|argument|usage/i.test(error.text))) return 'bad-command-line'
  return byCode ?? 'unknown'
}

/** The telling line: the last that is no part of a Python traceback nor the frame around gpg's words. */
function sentence(text: string): string {
  // of a volume that is not what it was, its name, and not the hashes that stand below it
  const mismatched = /hash mismatch for file:\s*(\S+)/.exec(text)?.[1]
  if (mismatched !== undefined) return `${mismatched} is not what its manifest says (hash mismatch)`
  const lines = text.split('\n').map(line => line.trim())
  const telling = lines.filter(line => line !== '' && !/^(File "|Traceback|[~^]+$|=====)/.test(line))
  const raised = /^Traceback/m.test(text)
    ? telling.findLast(line => /^[\w.]*(Error|Exception|Interrupt)(:|$)/.test(line))
    : undefined
  return (raised ?? telling.at(-1) ?? '').slice(0, 300)
}
