import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Desktop } from '../support/desktop.ts'
import { withDuplicity3 } from '../support/duplicity3.ts'
import { faketime } from '../support/faketime.ts'
import { ownFolder } from '../support/host.ts'
import { commandIn, typeCommand } from '../support/printed.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { runTask } from '../support/recovering.ts'
import { Stage, type StageHost, type Told, troubles, verdicts } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = ownFolder('clock')
const DAY = 86_400_000
const START = Date.parse('2026-02-01T03:00:00Z')

/** A PATH on which nothing but this tells whether the clock is right. */
function pathSaying(says: 'yes' | 'no' | 'nothing'): string {
  const bin = join(folder, `clock-${says}`)
  mkdirSync(bin, { recursive: true })
  fakeProgram(bin, 'timedatectl', says === 'nothing' ? 'echo no bus >&2; exit 1' : `echo ${says}`)
  fakeProgram(bin, 'chronyc', 'exit 1')
  return pathWith(bin)
}

const setsIn = (place: string): string[] => readdirSync(place).filter(name => name.startsWith('duplicity-'))
const asideIn = (archive: string): string[] => readdirSync(archive).filter(name => name.startsWith('.holdfast-set-aside-'))

for (const major of [0, 3] as const)
  test(`duplicity ${major}: a clock that was a year ahead for a night: nothing is touched while nobody knows which is right; then those backups are set aside, and backups go on`, async () => {
    const stage = new Stage(join(folder, `year-${major}`))
    const host = stage.addHost('web1')
    const site = await createStaticSite(host, 'blog')
    const archive = join(stage.archive, 'blog')
    const duplicity = major === 3 ? await withDuplicity3() : {}
    const night = async (on: StageHost, days: number, says: 'yes' | 'no', words: string[] = []): Promise<Told> => {
      appendFileSync(join(site, 'SITE/index.html'), `${days}\n`)
      // the PATH of duplicity 3 comes first
      const path = [duplicity.PATH, pathSaying(says)].filter(each => each !== undefined).join(':')
      return await stage.told(on, words, {
        ...duplicity,
        ...faketime(START + days * DAY),
        PATH: major === 3 ? `${join(folder, `clock-${says}`)}:${path}` : path,
      })
    }
    for (const days of [0, 366, 367]) assert.deepEqual(troubles(await night(host, days, 'yes')), [])
    const before = setsIn(archive)
    const future = before.filter(name => /2027\d{4}T\d{6}Z\.(vol|manifest|sigtar)/.test(name))
    assert.ok(future.length >= 6, before.join('\n'))

    const unknown = await night(host, 2, 'no')
    assert.equal(unknown.code, 1)
    const said =
      /^blog failed: Back up blog: the newest backup is of 2027-02-03 03:00:\d\d UTC, 364 days ahead of this clock: one of the clocks is wrong.*; the newest backup is of .*: no backup is made until then\. If this clock is right: cd \S+ && npx zx tasks\/nightly\.ts --site blog --set-aside-future --host web1 --inventory \S+$/
    assert.match(verdicts(unknown).join(), said)
    assert.deepEqual(setsIn(archive), before)

    const known = await night(host, 3, 'yes')
    assert.deepEqual([known.code, verdicts(known), troubles(known)], [0, [], []])
    const [aside, ...more] = asideIn(archive)
    assert.deepEqual(more, [])
    assert.deepEqual(setsIn(join(archive, aside!)).toSorted(), future.toSorted())
    assert.match(
      JSON.stringify(known.outcomes),
      /dated ahead of this clock were set aside, the last of them as of 2027-02-03 .*: a time server keeps this clock right\. They are in /,
    )
    const looked = await runTask(stage, 'status', host, [], faketime(START + 3 * DAY + 3_600_000))
    assert.equal(looked.code, 0, looked.stdout)
    const into = join(folder, `restored-${major}`)
    const words = ['restore', '--no-encryption', `--archive-dir=${folder}/other-${major}`, `file://${archive}`, into]
    execFileSync('duplicity', words, { env: { ...process.env, ...duplicity } })
    assert.equal(readFileSync(join(into, 'SITE/index.html'), 'utf8'), readFileSync(join(site, 'SITE/index.html'), 'utf8'))
  })

test('where nothing tells whether the clock is right, a person says it, of one site; a replica that had followed goes on', async () => {
  const stage = new Stage(join(folder, 'said'))
  const [host, replica] = [stage.addHost('web1'), stage.addHost('web2')]
  const site = await createStaticSite(host, 'blog')
  const at = (days: number) => ({ ...faketime(START + days * DAY), PATH: pathSaying('nothing') })
  for (const days of [0, 30]) {
    appendFileSync(join(site, 'SITE/index.html'), `${days}\n`)
    for (const on of [host, replica]) assert.equal((await stage.nightly(on, [], at(days))).code, 0)
  }
  const stuck = await stage.told(host, [], at(1))
  assert.equal(stuck.code, 1)
  const wrong = await stage.nightly(host, ['--set-aside-future'], at(1))
  assert.deepEqual([wrong.code, /--set-aside-future: found no --site/.test(wrong.stderr)], [2, true])
  appendFileSync(join(site, 'SITE/index.html'), 'now\n')
  const told = await typeCommand(commandIn(verdicts(stuck).join(), 'nightly'), at(1))
  assert.deepEqual([told.code, asideIn(join(stage.archive, 'blog')).length], [0, 1], told.said)
  const followed = await stage.told(replica, [], at(1.1))
  assert.deepEqual([followed.code, verdicts(followed)], [0, []])
  assert.match(readFileSync(join(replica.vhosts, 'blog/SITE/index.html'), 'utf8'), /now\n$/)
})

test('a desktop whose clock was ahead goes on by the same word, and its backup day comes again', async () => {
  const desktop = new Desktop(ownFolder('clock-desktop'))
  desktop.fill('letter', 1000)
  const env = { PATH: pathSaying('nothing') }
  for (const days of [0, 400]) assert.equal((await desktop.ask([], START + days * DAY, env)).code, 0)
  const stuck = await desktop.ask([], START + 20 * DAY, env)
  assert.equal(stuck.code, 1)
  const command = commandIn(verdicts(stuck).join(), 'desktop', '--set-aside-future')
  const told = await typeCommand(command, { ...faketime(START + 20 * DAY), ...env })
  assert.deepEqual([told.code, asideIn(desktop.archive).length], [0, 1], told.said)
  assert.match(told.stdout, /^pc +incremental/m)
  assert.equal((await desktop.ask([], START + 21 * DAY, env)).code, 0)
})
