import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newestSet } from '../../lib/core/collection.ts'
import { nextEpoch } from '../../lib/core/epoch.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { readEpoch, takeEpoch } from '../../lib/store/epochs.ts'
import { ShareFiles } from '../../lib/store/share-files.ts'
import { withDuplicity3 } from '../support/duplicity3.ts'
import { fakeProgram } from '../support/programs.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { runTask } from '../support/recovering.ts'
import { hearingShell } from '../support/shell.ts'
import { Stage, type StageHost, troubles } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = quickFolder('taken-over')
const setsIn = (path: string): string[] => readdirSync(path).filter(name => /^duplicity-(full|inc)\..*manifest$/.test(name))
const write = (host: StageHost, name: string): void => writeFileSync(join(host.vhosts, 'page/SITE', name), `${name}\n`)
const has = (host: StageHost, name: string): boolean => existsSync(join(host.vhosts, 'page/SITE', name))

/** The site page of web1, backed up, with a replica on web2. */
async function replicated(name: string, env: NodeJS.ProcessEnv = {}) {
  const stage = new Stage(join(folder, name))
  const [web1, web2] = [stage.addHost('web1'), stage.addHost('web2')]
  await createStaticSite(web1, 'page')
  for (const host of [web1, web2]) assert.deepEqual(troubles(await stage.told(host, [], env)), [])
  return { stage, web1, web2, archive: join(stage.archive, 'page') }
}

/** A host takes the site from the newest set, as a takeover does it in the archive. */
async function takeOver({ stage, archive }: { stage: Stage; archive: string }, owner: string): Promise<void> {
  const files = new ShareFiles({ base: stage.archive, way: '' }, hearingShell().shell).of('page')
  const listed = readdirSync(archive).map(name => ({ name, bytes: 1 }))
  const from = newestSet(collectionOf(listed))!.time
  // sets are dated in seconds, and an epoch too: the last set is of the second before
  while (Math.floor(Date.now() / 1000) * 1000 <= from) await new Promise(resolve => setTimeout(resolve, 50))
  const next = nextEpoch(await readEpoch(files), { owner, by: 'takeover', now: Date.now(), from })
  assert.deepEqual(await takeEpoch(files, next), { taken: true })
}

/** Makes the replica its own, as a takeover does it on the host. */
function adopt(host: StageHost): void {
  rmSync(join(host.vhosts, 'page/PRIMARY_IS_web1'))
  writeFileSync(join(host.vhosts, `page/PRIMARY_IS_${host.name}`), '')
}

for (const version of ['0.8.22', '3.0.4']) {
  test(`with duplicity ${version}: what a former owner adds is never counted, neither restored nor built upon`, async () => {
    const env = version === '3.0.4' ? await withDuplicity3() : {}
    const place = await replicated(`lost-${version}`, env)
    const { stage, web1, web2, archive } = place
    write(web1, 'second')
    for (const host of [web1, web2]) await stage.told(host, [], env)
    const before = new Set(readdirSync(archive))

    // web1 has begun a set, and makes it though web2 has taken the site: as it would be after a clock was set, or a pause
    write(web1, 'zombie')
    cpSync(archive, `${archive}.before`, { recursive: true })
    assert.deepEqual(troubles(await stage.told(web1, [], env)), [])
    const added = readdirSync(archive).filter(name => !before.has(name) && name.startsWith('duplicity-'))
    mkdirSync(`${archive}.added`)
    for (const name of added) cpSync(join(archive, name), join(`${archive}.added`, name))
    rmSync(archive, { recursive: true })
    cpSync(`${archive}.before`, archive, { recursive: true })
    rmSync(`${archive}.before`, { recursive: true })
    await takeOver(place, 'web2')
    for (const name of added) cpSync(join(`${archive}.added`, name), join(archive, name))
    rmSync(`${archive}.added`, { recursive: true })
    adopt(web2)

    // a third host, which comes new, and the new owner's recovery before its first backup: neither sees it
    const web3 = stage.addHost('web3')
    assert.deepEqual(troubles(await stage.told(web3, [], env)), [])
    assert.deepEqual([has(web3, 'second'), has(web3, 'zombie')], [true, false])
    const status = await runTask(stage, 'status', web3, [], env)
    assert.match(status.stdout, /that a former owner added after it had lost the site are not counted/)
    const recovered = await runTask(stage, 'recover', web2, ['--site', 'page', '--yes'], env)
    assert.equal(recovered.code, 0, recovered.stdout)
    assert.deepEqual([has(web2, 'second'), has(web2, 'zombie')], [true, false])
    if (version !== '0.8.22') return // what follows is the same

    write(web2, 'third')
    const owner = await stage.told(web2, [], env)
    assert.deepEqual(troubles(owner), [])
    const fulls = setsIn(archive).filter(name => name.startsWith('duplicity-full.'))
    assert.equal(fulls.length, 2, 'a new epoch begins with a new chain')
    assert.deepEqual(
      added.filter(name => existsSync(join(archive, name))),
      [],
    )
    const [aside = ''] = readdirSync(archive).filter(name => name.startsWith('.holdfast-set-aside-'))
    assert.deepEqual(readdirSync(join(archive, aside)).toSorted(), added.toSorted())

    // web1 comes back: it freezes its site, keeps it, and follows
    const back = await stage.told(web1, [], env)
    assert.match(
      troubles(back).join('\n'),
      /page step-down: web2 took it over from web1: epoch 2, which web2 took on .* by takeover\. The site is a replica here/,
    )
    assert.ok(has(web1, 'zombie'))
    assert.ok(existsSync(join(web1.vhosts, 'page/PRIMARY_IS_web2')))
    const follows = await stage.told(web1, [], env)
    assert.deepEqual([has(web1, 'zombie'), has(web1, 'third')], [false, true])
    assert.match(JSON.stringify(follows.outcomes), /kept as a safety copy/)
  })
}

test('an owner that loses the site while duplicity runs takes its set out again, and records nothing', async () => {
  const place = await replicated('meanwhile')
  const { stage, web1, archive } = place
  write(web1, 'late')
  const bin = join(folder, 'bin')
  const real = '/usr/bin/duplicity'
  const epoch = JSON.stringify(
    nextEpoch(JSON.parse(readFileSync(join(archive, '.holdfast-epoch-1/web1'), 'utf8')), {
      owner: 'web2',
      by: 'takeover',
      now: Date.now() + 5000,
      from: Date.now() - 1000,
    }),
  )
  const take = `mkdir '${archive}/.holdfast-epoch-2' && printf '%s\\n' '${epoch}' >'${archive}/.holdfast-epoch-2/web2'`
  fakeProgram(bin, 'duplicity', `${real} "$@" || exit; case "$*" in *incremental*|*backup*) ${take};; esac`)
  const records = readFileSync(join(archive, '.holdfast-sets'), 'utf8')
  const night = await stage.told(web1, [], { PATH: `${bin}:${process.env.PATH}` })
  assert.match(troubles(night).join('\n'), /page backup: this site is web2's now, by epoch 2/)
  assert.equal(setsIn(archive).length, 1)
  assert.equal(readFileSync(join(archive, '.holdfast-sets'), 'utf8'), records)
  assert.match(JSON.stringify(night.outcomes), /what this run added to the archive is no backup of the site: it is in/)
})

test('a record that another host forged has no owner set its own sets aside', async () => {
  const place = await replicated('forged')
  const { stage, web1, web2, archive } = place
  await takeOver(place, 'web2')
  adopt(web2)
  assert.deepEqual(troubles(await stage.told(web2)), [])
  const records = join(archive, '.holdfast-sets')
  const forged = readFileSync(records, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.stringify({ ...JSON.parse(line), host: 'web1', epoch: 1 }))
  writeFileSync(records, forged.map(line => `${line}\n`).join(''))
  const before = readdirSync(archive).filter(name => name.startsWith('duplicity-'))
  write(web2, 'more')
  const night = await stage.told(web2)
  assert.match(troubles(night).join('\n'), /that web2 made and sealed are said to be a former owner's/)
  assert.deepEqual(
    before.filter(name => !existsSync(join(archive, name))),
    [],
  )
  assert.equal(has(web1, 'more'), false)
})

test('what says whose the site is is damaged while duplicity runs: nothing goes on, and the set stays where it is', async () => {
  const { stage, web1, archive } = await replicated('unreadable')
  write(web1, 'late')
  const bin = join(folder, 'damaging')
  fakeProgram(
    bin,
    'duplicity',
    `/usr/bin/duplicity "$@" || exit; case "$*" in *incremental*|*backup*) echo >'${archive}/.holdfast-epoch-1/web1';; esac`,
  )
  const night = await stage.told(web1, [], { PATH: `${bin}:${process.env.PATH}` })
  assert.match(troubles(night).join('\n'), /page backup: .*holdfast-epoch-1\/web1 cannot be read/)
  assert.equal(setsIn(archive).length, 2)
})

test('boot freezes a site that was taken over; an archive that cannot be reached proves nothing', async () => {
  const place = await replicated('boot')
  const { stage, web1 } = place
  const boot = () => runTask(stage, 'boot', web1, ['--json'])
  const told = (stdout: string): string => JSON.stringify(JSON.parse(stdout).outcomes)
  assert.equal((await boot()).code, 0)
  await takeOver(place, 'web2')
  const back = await boot()
  assert.match(
    told(back.stdout),
    /page is not this host's any more, and cannot be frozen here: the inventory names no web server/,
  )
  assert.ok(existsSync(join(web1.vhosts, 'page/PRIMARY_IS_web2')))

  const away = await replicated('away')
  const inventory = join(away.stage.folder, 'hosts/web1.json')
  const fields = JSON.parse(readFileSync(inventory, 'utf8'))
  const unreachable = { kind: 'mount', mountPoint: join(folder, 'mnt'), by: { kind: 'commands', up: ['false'], down: ['true'] } }
  for (const [unproven, code, says] of [
    ['serve', 0, /1 site is served all the same/],
    ['freeze', 1, /page is not frozen: the inventory names no web server/],
  ] as const) {
    writeFileSync(inventory, JSON.stringify({ ...fields, archive: unreachable, unproven }))
    const ended = await runTask(away.stage, 'boot', away.web1, ['--json'])
    assert.match(told(ended.stdout), /the archive cannot be reached, so nothing proves whose the sites are/)
    assert.match(told(ended.stdout), says)
    assert.equal(ended.code, code)
  }
  writeFileSync(inventory, JSON.stringify(fields))
  const night = await away.stage.told(away.web1)
  assert.match(JSON.stringify(night.outcomes), /page is this host's by its archive: it is served again/)
})
