import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { fieldsIn, ownFolder } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { SmallDisk } from '../support/small-disk.ts'
import { Stage, type StageHost, type Told, troubles } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

if (inOwnMounts(import.meta.filename)) {
  // before the folder goes: hooks run in the order in which they are declared
  after(() => {
    for (const disk of Object.values(disks)) disk.unmount()
  })
  const folder = ownFolder('full-disks')
  const [vpnOn, mailed] = [join(folder, 'vpn'), join(folder, 'mailed')]
  let stage: Stage
  let host: StageHost
  let site: string
  let disks: Record<'state' | 'logs' | 'run' | 'metrics' | 'cache', SmallDisk>

  before(async () => {
    stage = new Stage(folder)
    host = stage.addHost('web1', {
      encryption: { kind: 'passphrase', secret: 'PP', generated: true },
      duplicity: { volumeSize: 1 },
      mail: { from: 'a@example.org', to: ['b@example.org'], by: { kind: 'command', command: ['sh', '-c', `cat > ${mailed}`] } },
      metrics: { folder: join(folder, 'web1', 'metrics') },
      vpn: {
        ...{ kind: 'commands', name: 'home', timeout: 20 },
        ...{ up: ['sh', '-c', `echo up >> ${vpnOn}`], down: ['rm', vpnOn], isUp: ['test', '-e', vpnOn] },
      },
    } as object)
    const at = (name: string, size: string) => new SmallDisk(join(host.folder, name), size)
    disks = {
      ...{ state: at('state', '256k'), logs: at('logs', '256k'), run: at('run', '64k') },
      ...{ metrics: at('metrics', '64k'), cache: at('cache', '8m') },
    }
    site = await createStaticSite(host, 'plain')
  })

  afterEach(() => {
    for (const disk of Object.values(disks)) {
      disk.mayWrite(true)
      disk.empty()
    }
  })

  let count = 0
  /** A night in which the site has something new. */
  async function night(): Promise<Told> {
    writeFileSync(join(site, 'SITE', `page${count++}`), 'new')
    rmSync(mailed, { force: true })
    const told = await stage.told(host)
    assert.equal(told.stderr, '')
    assert.ok(!existsSync(vpnOn), 'the VPN is off again')
    return told
  }
  const mail = (): string => readFileSync(mailed, 'utf8').replaceAll('=\n', '').replaceAll('=3D', '=')
  const sets = (): number => readdirSync(join(stage.archive, 'plain')).filter(name => name.includes('.manifest')).length
  const isWell = async (): Promise<void> => {
    const [was, told] = [sets(), await night()]
    assert.deepEqual([told.code, troubles(told), sets()], [0, [], was + 1])
  }

  test('a night with room', async () => {
    mkdirSync(join(stage.archive, 'plain'), { recursive: true })
    await isWell()
  })

  const broken = {
    'are full': { spoil: (disk: SmallDisk) => disk.fill(), mend: (disk: SmallDisk) => disk.empty(), says: 'full (ENOSPC)' },
    'are read-only': {
      spoil: (disk: SmallDisk) => disk.mayWrite(false),
      mend: (disk: SmallDisk) => disk.mayWrite(true),
      says: 'read-only (EROFS)',
    },
  }
  for (const [how, { spoil, mend, says }] of Object.entries(broken)) {
    test(`state, logs, leases and metrics on disks that ${how}: the site is backed up, each path is told and mailed, and the next night is well`, async () => {
      const { cache, ...others } = disks
      emptyFolder(disks.run.folder) // as after a reboot
      for (const disk of Object.values(others)) spoil(disk)
      const was = sets()
      const told = await night()
      assert.equal(told.code, 1)
      assert.equal(sets(), was + 1, troubles(told).join('\n'))
      assert.equal(told.outcomes.find(({ step }) => step === 'backup')?.status, 'done')
      const found = troubles(told).map(line => line.replaceAll(`${host.folder}/`, ''))
      const wanted: [string, string][] = [
        ['lock', 'state/lock'],
        ['vpn', 'run/vpn/home'],
        ['writer', 'state/writers.json'],
        ['backup', 'state/sites/plain.json'],
        ['backup', 'state/sites/plain.list.gz'],
        ['compare-contents', 'state/sites/plain.files.gz'],
        ['read-back', 'state/archive-files/plain.json'],
        ['audit', 'state/archive-files/plain.json'],
        ['log', 'logs/nightly-'],
        ['history', 'state/history/plain.jsonl'],
        ['verdicts', 'state/last-nightly.json'],
        ['mail', 'state/mail'],
        ['metrics', 'state/metrics-nightly.json'],
        ['metrics', 'metrics/holdfast-nightly.prom'],
      ]
      for (const [step, path] of wanted)
        assert.ok(
          found.some(
            line => line.includes(` ${step}: `) && line.includes(path) && line.includes(`cannot be written: its disk is ${says}`),
          ),
          `${step} ${path}\n${found.join('\n')}`,
        )
      assert.equal(found.length, wanted.length, found.join('\n'))
      assert.match(mail(), /state\/lock cannot be written: its disk is /)
      assert.match(mail(), /this host cannot remember it: .*state\/sites\/plain.json/)
      for (const disk of Object.values(others)) mend(disk)
      for (const name of ['state', 'metrics'] as const)
        assert.deepEqual(
          readdirSync(disks[name].folder, { recursive: true }).filter(file => String(file).endsWith('.new')),
          [],
        )
      await isWell()
    })
  }

  test('a night that cannot begin is mailed though the state is on a full disk, and both are said on standard error', async () => {
    const by = { kind: 'command', command: ['sh', '-c', `cat > ${mailed}`] }
    const wrong = { ...fieldsIn(host.folder), concurrency: 'many', mail: { from: 'a@example.org', to: ['b@example.org'], by } }
    writeFileSync(join(folder, 'hosts', 'wrong.json'), JSON.stringify(wrong))
    rmSync(mailed, { force: true })
    disks.state.fill()
    const { code, stderr } = await stage.nightly({ ...host, name: 'wrong' })
    assert.equal(code, 2, stderr)
    assert.match(mail(), /concurrency: found "many", wanted number/)
    assert.match(stderr, /the mail about it: the same will be mailed again: .*state\/mailed-nightly\.json cannot be written/)
    assert.match(stderr, /the mail about it: .*state\/mail\S* cannot be written.*was sent at once/)
  })

  test('a share that only says that a write failed, and whose disk is full: the disk is what is told', async () => {
    const other = new Stage(join(folder, 'other'))
    const owner = other.addHost('web2')
    const nas = new SmallDisk(other.archive, '4m')
    try {
      const plain = await createStaticSite(owner, 'plain')
      assert.equal((await other.nightly(owner)).code, 0)
      writeFileSync(join(plain, 'SITE', 'page'), 'new')
      nas.fill(1_000_000)
      fakeProgram(join(folder, 'bin'), 'duplicity', 'echo "OSError: [Errno 5] Input/output error" >&2; exit 50')
      const told = await other.told(owner, [], { PATH: pathWith(join(folder, 'bin')) })
      assert.equal(told.code, 1)
      assert.match(
        troubles(told).find(line => line.startsWith('plain backup'))!,
        /the disk of the archive is full: [\d.]+ [kM]B free, 200 MB required for a volume: .*Input\/output error/,
      )
    } finally {
      nas.unmount()
    }
  })

  const cacheSays = {
    'is full':
      /^plain backup: the disk of this host (is full|has too little space for temporary files) \(.*web1\/cache\/duplicity, /,
    'is read-only': /^(run gpg|plain backup): .*web1\/cache\/\S+.* cannot be written: its disk is read-only \(EROFS\)$/,
  }
  for (const [how, says] of Object.entries(cacheSays)) {
    const { spoil, mend } = broken[how.replace('is', 'are') as keyof typeof broken]
    test(`a cache on a disk that ${how}: that disk is told and not the archive's, nothing of the archive changes, and the next night is well`, async () => {
      const was = readdirSync(join(stage.archive, 'plain'))
      spoil(disks.cache)
      const told = await night()
      mend(disks.cache)
      assert.equal(told.code, 1)
      assert.equal(troubles(told).length, 1, troubles(told).join('\n'))
      assert.match(troubles(told)[0]!, says)
      assert.doesNotMatch(troubles(told)[0]!, /archive|Traceback|File "/)
      assert.match(mail(), /web1\/cache/)
      assert.deepEqual(readdirSync(join(stage.archive, 'plain')), was)
      await isWell()
    })
  }

  test('a cache without a file in it on a full disk: duplicity cannot even write its log, and the same is told', async () => {
    emptyFolder(disks.cache.folder)
    disks.cache.fill()
    const told = await night()
    disks.cache.empty()
    assert.equal(told.code, 1)
    const [backup, audit = '', ...more] = troubles(told)
    assert.match(audit, /^(plain audit: .* cannot be proven: gpg .*No space left on device.*)?$/s)
    assert.deepEqual(more, [])
    assert.match(backup!, /^plain backup: the disk of this host .*web1\/cache\/duplicity, .*(No space left|Temp space)/)
    await isWell()
  })
}

function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
}
