import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DuplicityFault, duplicityError, endedError } from '../../lib/duplicity/errors.ts'

const error = (code: number | string, text: string): string =>
  `ERROR ${code}\n${text
    .split('\n')
    .map(line => `. ${line}`)
    .join('\n')}\n\n`
/** [exit code, log, standard error, fault]: texts as duplicity 0.8.22 and 3.0.4 print them. */
const table: [number | undefined, string, string, DuplicityFault][] = [
  [undefined, '', '', 'interrupted'],
  [2, error(2, 'Expected 2 args, got 1'), '', 'bad-command-line'],
  [23, error(23, 'CommandLineError: Invalid option'), '', 'bad-command-line'],
  [3, error(3, 'Fatal Error: Backup source host has changed.'), '', 'other-source-host'],
  [42, error(42, 'Fatal Error: Backup source directory has changed.'), '', 'other-source-folder'],
  [11, error(11, 'Restore destination directory /x already exists.'), '', 'target-exists'],
  [17, error(17, 'Fatal Error: Unable to start incremental backup.'), '', 'no-signatures'],
  [19, error(19, 'a/b not found in archive - no files restored.'), '', 'not-in-backup'],
  [20, error(20, 'No files found in archive - nothing restored.'), '', 'not-in-backup'],
  [21, error(21, 'Invalid data - SHA1 hash mismatch for file:\n duplicity-full.vol1'), '', 'corrupt-volume'],
  [23, error(23, 'Another duplicity instance is already running with this archive directory'), '', 'locked'],
  [31, error(31, 'GPGError: GPG Failed, see log below:\ngpg: decryption failed: Bad session key'), '', 'wrong-passphrase'],
  [31, error(31, 'GPGError: GPG Failed'), '', 'gpg-failed'],
  [30, '', 'gpg: public key decryption failed: No secret key', 'no-secret-key'],
  [35, error(35, 'Temp space has 10 available, backup needs approx 40.'), '', 'no-temporary-space'],
  [38, error(38, 'x'), '', 'archive-unreachable'],
  [50, error(50, 'Giving up after 2 attempts. BackendException'), '', 'archive-unreachable'],
  [51, error(51, 'Giving up after 2 attempts. PermissionError'), '', 'archive-forbidden'],
  [53, error(53, 'Giving up after 2 attempts. OSError: [Errno 28] No space left on device'), '', 'archive-full'],
  [53, error('53 get duplicity-full.vol1.gpg', 'Giving up after 1 attempts. OSError: [Errno 28] No space left'), '', 'host-full'],
  [53, error('53 put /tmp/x duplicity-full.vol1.gpg', 'Giving up after 1 attempts. OSError: [Errno 28]'), '', 'archive-full'],
  [30, '', "OSError: [Errno 5] Input/output error: '/nas/site'", 'archive-unreachable'],
  [23, error(23, 'put failed: [Errno 28] No space left on device'), '', 'archive-full'],
  [53, error(53, 'Giving up after 1 attempts. OSError: No space left on device'), '', 'archive-full'],
  [30, error(30, '  File "/x/duplicity/dup_temp.py", line 1\n OSError: [Errno 28] No space left on device'), '', 'host-full'],
  [
    30,
    error(30, '  File "/x/duplicity/backends/b2.py", line 1\n OSError: [Errno 28] No space left on device'),
    '',
    'archive-full',
  ],
  [31, error(31, 'GPGError: GPG Failed\ngpg: write error: No space left on device'), '', 'host-full'],
  [9, error(9, "Specified archive directory '/x' does not exist, or is not a directory"), '', 'cache-unwritable'],
  [23, error(23, "CommandLineError: Specified archive directory '/x' is not a directory"), '', 'cache-unwritable'],
  [4, '', '', 'no-backup'],
  [1, error(1, 'Fatal Error: No backup chains found'), '', 'no-backup'],
  [99, '', '', 'unknown'],
]
for (const [code, log, printed, fault] of table) {
  test(`duplicityError() names ${code} ${JSON.stringify((log || printed).slice(0, 60))} ${fault}`, () => {
    assert.equal(duplicityError(code, log, printed).fault, fault)
  })
}

test('endedError() names what duplicity said last before it had to be ended, and else that it was stuck', () => {
  const mismatch = error(21, 'Invalid data - SHA1 hash mismatch for file:\n duplicity-full.vol2.gpg\n Calculated hash: 1')
  const notice = 'NOTICE 1\n. Last full backup date: Fri\n\n'
  const ended = (log: string) => endedError(log, 'printed', 'did nothing for 5 s')
  const { fault, exitCode, message } = ended(notice + mismatch)
  assert.deepEqual([fault, exitCode], ['corrupt-volume', 21])
  assert.match(message, /^a volume in the archive is corrupt \(duplicity exit code 21\): duplicity-full\.vol2\.gpg is not/)
  assert.equal(
    ended(mismatch + notice).message,
    'duplicity made no progress (duplicity did nothing for 5 s): Last full backup date: Fri',
  )
  assert.equal(ended('').message, 'duplicity made no progress (duplicity did nothing for 5 s): printed')
})

test('duplicityError() says what it means, the exit code and what duplicity said itself', () => {
  assert.equal(
    duplicityError(
      21,
      error(21, 'Invalid data - SHA1 hash mismatch for file:\n vol1\n Calculated hash: 1\n Manifest hash: 2\n'),
      '',
    ).message,
    'a volume in the archive is corrupt (duplicity exit code 21): vol1 is not what its manifest says (hash mismatch)',
  )
  assert.equal(duplicityError(undefined, '', '').message, 'duplicity was interrupted (duplicity was killed)')
  const framed = 'GPGError: GPG Failed, see log below:\n===== Begin GnuPG log =====\ngpg: no disk\n===== End GnuPG log ====='
  assert.equal(duplicityError(31, error(31, framed), '').message, 'gpg failed (duplicity exit code 31): gpg: no disk')
  const traceback = 'Traceback (most recent call last):\n  File "/usr/bin/duplicity", line 1\n    ^^^^\nValueError: odd'
  assert.match(duplicityError(30, '', traceback).message, /: ValueError: odd$/)
})

test('duplicityError() names the place where the disk of this host is full, and what was raised among the tracebacks of a log that cannot be written', () => {
  const noLog =
    '--- Logging error ---\nTraceback (most recent call last):\nOSError: [Errno 28] No space\nCall stack:\n    log.FatalError(x,\nArguments: ()'
  const printed = `${noLog}\nTraceback (innermost last):\n    ~~~^^^\n OSError: [Errno 28] No space left on device\n\n${noLog}`
  assert.equal(
    duplicityError(30, '', printed, ['/var/cache/holdfast']).message,
    'the disk of this host is full (/var/cache/holdfast, duplicity exit code 30): OSError: [Errno 28] No space',
  )
  assert.doesNotMatch(duplicityError(53, error(53, 'disk'), '', ['/var/cache/holdfast']).message, /cache/)
})

test('duplicityError() goes by errors only, not by warnings that stand in the log too', () => {
  const log = 'WARNING 1\n. gpg: No secret key\n\n' + error(53, 'disk')
  assert.equal(duplicityError(53, log, '').fault, 'archive-full')
})
