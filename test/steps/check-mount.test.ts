import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { listArchive } from '../../lib/duplicity/io/collection.ts'
import { lineOf } from '../../lib/engine/command.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Step } from '../../lib/engine/step.ts'
import type { MountSettings } from '../../lib/inventory/schema.ts'
import { checkMount } from '../../lib/steps/archive.ts'
import { siteArchiveOf } from '../../lib/store/archive.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { hostIn, NO_REQUEST, ownFolder } from '../support/host.ts'
import { hungShare } from '../support/hung-share.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { notesOf, outcomeOf, perform } from '../support/perform.ts'
import { until } from '../support/processes.ts'

if (inOwnMounts(import.meta.filename)) {
  const folder = ownFolder('check-mount')
  const mountPoint = join(folder, 'nas')
  const identity = join(mountPoint, '.holdfast-identity')
  const mount = (...options: string[]) => execFileSync('mount', ['-t', 'tmpfs', ...options, 'share', mountPoint])
  const umount = () => execFileSync('umount', [mountPoint])
  mkdirSync(mountPoint)

  afterEach(() => {
    while (execFileSync('findmnt', ['--noheadings', '--raw', '--output=TARGET'], { encoding: 'utf8' }).includes(mountPoint))
      umount()
    rmSync(join(folder, 'state'), { recursive: true, force: true })
  })

  type More = Partial<MountSettings> & { dryRun?: boolean }
  /** Checks it, and gives why it was refused: undefined when it was taken. */
  async function check({ dryRun = false, ...more }: More = {}) {
    const host = hostIn(folder, { archive: { kind: 'mount', mountPoint, by: { kind: 'fstab' }, timeout: 5, ...more } })
    const mounted = { root: join(mountPoint, more.folder ?? '') }
    const chain = recipe<Needs<'host' | 'request' | 'mounted'>>().do(checkMount)
    const performed = await perform(chain, { host, request: { ...NO_REQUEST, dryRun }, mounted }, { dry: dryRun })
    const notes = notesOf(performed).filter(note => !note.startsWith('info: '))
    return { reason: outcomeOf(performed, 'check-mount').reason, notes }
  }

  test('checkMount takes a new share once, gives it an identity, and knows it again', async () => {
    mount()
    const { reason, notes } = await check()
    assert.equal(reason, undefined)
    assert.match(notes[0]!, /^significant: a new archive begins in /)
    const text = readFileSync(identity, 'utf8')
    assert.match(text, /^[0-9a-f]{8}-[0-9a-f-]{27}\n$/)
    assert.deepEqual(await check(), { reason: undefined, notes: [] })
    assert.equal(readFileSync(identity, 'utf8'), text)
    assert.deepEqual(readdirSync(mountPoint), ['.holdfast-identity'])
  })

  test('checkMount refuses a mount point without its mount, and leaves it empty', async () => {
    const { reason } = await check()
    assert.equal(
      reason,
      `${mountPoint} is not the archive: nothing is mounted there: it is on the same device as the folder around it`,
    )
    assert.deepEqual(readdirSync(mountPoint), [])
  })

  test('checkMount refuses a mount point that is not there', async () => {
    const nowhere = join(folder, 'nowhere')
    assert.equal((await check({ mountPoint: nowhere })).reason, `there is no mount point ${nowhere}`)
  })

  test('checkMount refuses another share mounted there: an empty one, and one with an identity of its own', async () => {
    mount()
    await check()
    umount()
    mount()
    assert.match(
      (await check()).reason!,
      /^the archive is not in .*: it has no \.holdfast-identity, wanted one with [0-9a-f-]{36}$/,
    )
    assert.deepEqual(readdirSync(mountPoint), [])
    writeFileSync(identity, '11111111-1111-4111-8111-111111111111\n')
    assert.match((await check()).reason!, /^another archive is in .*: its identity is 11111111-.*, wanted [0-9a-f-]{36}$/)
  })

  test('checkMount refuses a share whose identity is not that of the inventory, at first sight too', async () => {
    mount()
    writeFileSync(identity, '11111111-1111-4111-8111-111111111111\n')
    const wanted = '22222222-2222-4222-8222-222222222222'
    assert.match((await check({ identity: wanted })).reason!, /its identity is 11111111-.*, wanted 22222222-/)
    writeFileSync(identity, `${wanted}\n`)
    assert.equal((await check({ identity: wanted })).reason, undefined)
  })

  test('checkMount looks at owner, group, links and size where the inventory says what they are', async () => {
    mount('-o', 'mode=750')
    chownSync(mountPoint, 0, 0)
    mkdirSync(join(mountPoint, 'a'))
    assert.equal((await check({ owner: 0, group: 0, links: 3, maxSize: 100_000 })).reason, undefined)
    const { reason } = await check({ owner: 7, group: 8, links: 9, maxSize: 1 })
    assert.match(
      reason!,
      /its owner is 0, wanted 7; its group is 0, wanted 8; its links is 3, wanted 9; its size is \d+, wanted less than 1$/,
    )
  })

  test('checkMount refuses a share that cannot be written, and leaves no test file on one that can', async () => {
    mount()
    await check()
    execFileSync('mount', ['-o', 'remount,ro', mountPoint])
    assert.match((await check()).reason!, /^the archive in .* cannot be written to: .*EROFS: read-only file system, open/)
    execFileSync('mount', ['-o', 'remount,rw', mountPoint])
    assert.deepEqual((await check()).reason, undefined)
    assert.deepEqual(readdirSync(mountPoint), ['.holdfast-identity'])
  })

  test('checkMount tells of a full share, and goes on: it must still be pruned', async () => {
    mount('-o', 'size=4k')
    await check()
    writeFileSync(join(mountPoint, 'fill'), '')
    try {
      writeFileSync(join(mountPoint, 'fill'), Buffer.alloc(65_536))
    } catch {
      // full, as it should be
    }
    const { reason, notes } = await check()
    assert.equal(reason, undefined)
    assert.match(notes.join('\n'), /^problem: the archive in .* is full: nothing can be written to it/)
  })

  test('checkMount refuses a share that gives back other bytes than were written', async () => {
    mount()
    await check()
    // somebody else writes over whatever is being tested, as fast as they can
    const script = `const { readdirSync, writeFileSync } = require('node:fs')
      for (;;) for (const name of readdirSync('.').filter(each => each.startsWith('.holdfast-access-')))
        try { writeFileSync(name, 'old', { flag: 'r+' }) } catch {}`
    const liar = spawn(process.execPath, ['-e', script], { cwd: mountPoint, stdio: 'ignore' })
    let reason: string | undefined
    for (let round = 0; round < 2000 && reason === undefined; round++) reason = (await check()).reason
    liar.kill('SIGKILL')
    await once(liar, 'exit')
    assert.match(reason!, /^the archive in .* gave back "old[0-9a-f]{29}" for the "[0-9a-f]{32}" written to it$/)
  })

  test('checkMount does not wait for ever on a share that hangs', async () => {
    await using _ = await hungShare(mountPoint)
    const { reason } = await check({ timeout: 0.5 })
    assert.equal(reason, `${mountPoint} did not answer within 0.5 s: cannot look at ${lineOf([mountPoint])}`)
  })

  test('checkMount follows nothing that another host has put on the share, and reads nothing through it', async () => {
    const [secret, gone] = ['secret', 'gone'].map(name => join(folder, name)) as [string, string]
    writeFileSync(secret, 'local secret')
    for (const [put, why, within] of [
      [() => symlinkSync(secret, identity), /\.holdfast-identity is a link, wanted a file/],
      [() => symlinkSync(gone, identity), /\.holdfast-identity is a link, wanted a file/],
      [() => execFileSync('mkfifo', [identity]), /\.holdfast-identity is a pipe, wanted a file/],
      [() => symlinkSync(folder, join(mountPoint, 'sites')), /nas\/sites is a link, wanted a folder/, 'sites'],
      [() => symlinkSync(gone, join(mountPoint, 'sites')), /nas\/sites is a link, wanted a folder/, 'sites/deep'],
    ] as [() => void, RegExp, string?][]) {
      mount()
      put()
      const { reason } = await check({ folder: within ?? '' })
      assert.match(reason!, why)
      umount()
    }
    assert.equal(readFileSync(secret, 'utf8'), 'local secret')
    assert.deepEqual(
      readdirSync(folder).filter(name => ['.holdfast-identity', 'gone'].includes(name)),
      [],
    )
  })

  test('checkMount tests under a name that nobody can foresee, and removes it', async () => {
    mount()
    await check()
    const begun: string[] = []
    const watcher = watch(mountPoint, (_, name) => void begun.push(String(name)))
    try {
      for (let round = 0; round < 3; round++) await check()
      await until(() => new Set(begun).size >= 3)
    } finally {
      watcher.close()
    }
    for (const name of begun) assert.match(name, /^\.holdfast-access-[0-9a-f]{16}$/)
    assert.deepEqual(readdirSync(mountPoint), ['.holdfast-identity'])
  })

  test('checkMount makes the folder of the archive within the share', async () => {
    mount()
    assert.equal((await check({ folder: 'sites/all of them' })).reason, undefined)
    assert.ok(existsSync(join(mountPoint, 'sites/all of them/.holdfast-identity')))
  })

  test('checkMount changes nothing on a new share in a dry run', async () => {
    mount()
    const { reason, notes } = await check({ dryRun: true, folder: 'sites' })
    assert.equal(reason, undefined)
    assert.match(notes[0]!, /a new archive begins/)
    assert.deepEqual(readdirSync(mountPoint), [])
    assert.ok(!existsSync(join(folder, 'state')))
  })

  for (const [how, away, reason] of [
    ['what is underneath is not the archive', umount, /^the archive is no longer in .*: its share went away during the run$/],
    // a dead server gives errors of its own; here a folder stands in the file's place
    [
      'it cannot be read',
      () => {
        rmSync(identity)
        mkdirSync(identity)
      },
      /^the archive can no longer be read \(.* is a folder, wanted a file\) in .*: its share went away during the run$/,
    ],
  ] as const)
    test(`recheckArchive sees that the share went away during the run: ${how}`, async () => {
      mount()
      const host = hostIn(folder, { archive: { kind: 'mount', mountPoint, by: { kind: 'fstab' } } })
      const look: Step<Needs<'archive'>, void> = {
        name: 'look',
        title: 'Look',
        run: async ({ archive }, shell) => {
          assert.deepEqual(await listArchive(siteArchiveOf(archive, 'blog'), shell), [])
          away()
          await listArchive(siteArchiveOf(archive, 'blog'), shell)
        },
      }
      const chain = recipe<Needs<'host' | 'request' | 'mounted'>>().do(checkMount).do(look)
      const performed = await perform(chain, { host, request: NO_REQUEST, mounted: { root: mountPoint } })
      assert.match(outcomeOf(performed, 'look').reason!, reason)
    })
}
