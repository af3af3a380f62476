import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Asked, Desktop, didOf } from '../support/desktop.ts'
import { ownFolder } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'

const at = (text: string): number => Date.parse(`${text}Z`)
const WEDNESDAY = at('2026-02-04T03:05:00')
const THURSDAY = at('2026-02-05T09:46:08')

/** The example of the reference, line for line in meaning, and where Holdfast's log says it. */
const EXAMPLE: [theirs: string, ours: RegExp][] = [
  ['#@(#) dupbackup.sh Ver 0.6.1 16/11/22 Chris Ray', /^Holdfast, tasks\/desktop\.ts/],
  ['/opt/Backup/dupbackup.sh Thu 9 Feb 09:46:08 GMT 2023', /^2026-02-05 09:46:|\(2026-02-05T09:46:/],
  ['Running as username:root', /^Running as username: \S+/],
  ['Running as UID: 0', /UID: 0/],
  ['No lock file, no duplicity running, is it Backup Day?', /Check the schedule/],
  ['Today is Thu 9 Feb 09:46:08 GMT 2023', /no lock of a dead run, no other run; today is Thu 2026-02-05 09:46 \(UTC\)/],
  ['Not the day for a backup, did we miss one by 3 days or less?', /made up for within 3 days/],
  ['Next backup date is/was Wed 15 Feb 03:00:00 GMT 2023', /the next Wed 2026-02-11 03:00/],
  [
    'Have not yet reached the scheduled backup day, checking space....',
    /not due: .*the next is on Wed 2026-02-11 03:00; the archive is checked/,
  ],
  [
    'Starting mount point /mnt/BackupDesktop with systemctl mnt-BackupDesktop.mount...',
    /\$ systemctl start mnt-BackupDesktop\.mount {2}\(ok/,
  ],
  ['Testing presence of NFS mount / NFS mount started by systemctl', /was mounted by mnt-BackupDesktop\.mount/],
  [
    'Check Mount Data: hardlinks=1 should be 1, UID= 98 should be 98, GID= 401 should be 401, size= 12 should be less than 100',
    /hard links \d+ should be \d+, owner 98 should be 98, group 401 should be 401, size \d+ should be less than 5000/,
  ],
  ['creating Access-test file / Sent: … / Returned: …', /\$ # write .*\/Ubuntu\/\.holdfast-access-\*'? and read it back {2}\(ok/],
  [
    'Successfully Wrote and Read back from /mnt/BackupDesktop/Ubuntu NAS share',
    /access test: [0-9a-f]{32} written to .*\/Ubuntu and read back/,
  ],
  ['Getting Collection-status from NAS.... / duplicity collection-status ran cleanly', /Status of pc: done/],
  ['backup sets are clean, so no incomplete or chainless sets to remove.', /the backup sets are clean/],
  ['Space used by current Primary Backup: 537600000 KB', /space used by the newest full backup [\d.]+ [kM]B/],
  ['Space available on Archive : 672919680 KB', /space available on the archive: [\d.]+ [MG]B/],
  ['plenty of space for the next full backup', /plenty of space for the next full backup/],
  ['Stopping NFS mount for security', /\$ systemctl stop mnt-BackupDesktop\.mount {2}\(ok/],
  ['NFS mount now offline', /is offline again/],
  ['Duplicity Backup Process Finished at Thu 9 Feb 09:46:25 GMT 2023', /^desktop ended at 2026-02-05 09:46:/],
]

if (inOwnMounts(import.meta.filename)) {
  const folder = ownFolder('desktop')
  const [bin, mountPoint] = [join(folder, 'bin'), join(folder, 'mnt')]
  mkdirSync(mountPoint)
  // a share of its own: another device than the folder around it, with the owner that the inventory names
  const share = join(folder, 'share.img')
  const make =
    'truncate -s 64M "$1" && mkfs.ext4 -q -m 0 -E root_owner=98:401 "$1" && mount -o loop "$1" "$2" && mkdir "$2/Ubuntu" && umount "$2"'
  execFileSync('sh', ['-c', make, 'make', share, mountPoint])
  fakeProgram(
    bin,
    'systemctl',
    `case "$*" in
  'start mnt-BackupDesktop.mount') mount -o loop '${share}' '${mountPoint}' ;;
  'stop mnt-BackupDesktop.mount') umount '${mountPoint}' ;;
  *) exit 5 ;;
esac`,
  )
  const env = { PATH: pathWith(bin) }
  const by = { kind: 'unit', unit: 'mnt-BackupDesktop.mount' } as const
  const archive = { kind: 'mount', mountPoint, by, folder: 'Ubuntu', owner: 98, group: 401, links: 4, maxSize: 5000 } as const
  const exclusions = join(folder, 'exclusions')
  const desktop = new Desktop(folder, { exclusions }, { archive })
  desktop.fill('letter', 200_000)
  mkdirSync(join(desktop.source, 'cache'))
  desktop.fill('cache/page', 300_000)
  writeFileSync(exclusions, `${desktop.source}/cache\n`)

  test('the desktop backs up on its day, without what its exclusions name', async () => {
    const asked = await desktop.ask([], WEDNESDAY, env)
    assert.deepEqual([asked.code, didOf(asked)], [0, 'backup'], asked.stderr)
    const into = join(folder, 'restored')
    const words = ['restore', '--no-encryption', `--archive-dir=${folder}/other`, `file://${mountPoint}/Ubuntu/pc`, into]
    onShare(() => execFileSync('duplicity', words, { stdio: ['ignore', 'ignore', 'inherit'] }))
    assert.deepEqual(readdirSync(into), ['letter'])
  })

  test('on another day its log says what the example of the reference says, line for line', async () => {
    const { code, outcomes } = await desktop.ask([], THURSDAY, env)
    assert.equal(code, 0, JSON.stringify(outcomes.filter(outcome => outcome.status === 'failed')))
    assert.equal(didOf({ code, outcomes, stderr: '' }), 'tidy')
    const log = desktop.log()
    const missing = EXAMPLE.filter(([, ours]) => !log.some(line => ours.test(line)))
    assert.deepEqual(missing, [], log.join('\n'))
  })

  test('asked again on the same day, it mounts nothing', async () => {
    const { code, outcomes } = await desktop.ask([], THURSDAY + 3_600_000, env)
    assert.equal(code, 0)
    assert.ok(!outcomes.some(outcome => outcome.step === 'mount'))
  })

  test('bad exclusions end the run with exit code 2 before anything is mounted', async () => {
    writeFileSync(exclusions, `- ${desktop.source}/cache\n+ ${desktop.source}/letter\n`)
    const { code, outcomes } = await desktop.ask(['--now'], THURSDAY, env)
    assert.equal(code, 2)
    assert.ok(!outcomes.some(outcome => outcome.step === 'mount' && outcome.phase === 'up' && outcome.status === 'done'))
    writeFileSync(exclusions, `${desktop.source}/cache\n`)
  })

  test('short of space for the next full backup, it removes one old chain a day, and never the newest', async () => {
    const day = (text: string): Promise<Asked> => desktop.ask([], at(text), env)
    desktop.fill('film', 18_000_000)
    for (const wednesday of ['2026-03-18T04:00:00', '2026-04-29T04:00:00']) assert.equal(didOf(await day(wednesday)), 'backup')
    const full = (): string[] =>
      onShare(() => readdirSync(join(mountPoint, 'Ubuntu/pc')).filter(name => /full\..*manifest/.test(name)))
    assert.equal(full().length, 3)
    onShare(() => writeFileSync(join(mountPoint, 'other'), Buffer.alloc(5_000_000)))
    const short = await day('2026-04-30T10:00:00')
    assert.match(JSON.stringify(short.outcomes), /too little space for the next full backup: .* free, 18\.\d MB required/)
    assert.equal(full().length, 2)
    assert.equal(didOf(await day('2026-04-30T12:00:00')), 'none')
    for (const each of ['2026-05-01T10:00:00', '2026-05-02T10:00:00']) await day(each)
    assert.equal(full().length, 1)
    assert.match(full()[0]!, /20260429T/)
  })

  /** Does something while the share is mounted. */
  function onShare<Result>(work: () => Result): Result {
    execFileSync('mount', ['-o', 'loop', share, mountPoint])
    try {
      return work()
    } finally {
      execFileSync('umount', [mountPoint])
    }
  }
}
