import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { serve } from '../../lib/sandbox/web.ts'
import { faketime } from '../support/faketime.ts'
import { ownFolder } from '../support/host.ts'
import { openMail } from '../support/mail-server.ts'
import { commandIn, typeCommand } from '../support/printed.ts'
import { startTask } from '../support/recovery-stage.ts'
import { snapshot } from '../support/snapshot.ts'
import { Stage, verdicts } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

/** The reference's story took 75 nights; fewer tell the same. */
const NIGHTS = Number(process.env.HOLDFAST_STORY ?? 8)
const share = (days: number): number => Math.max(1, Math.round((NIGHTS * days) / 75))
/** The first night on which the site is broken, and how long a chain and the floor under pruning are, in nights. */
const [BROKEN, CHAIN, KEEP] = [share(40), share(30), share(10)]
const MEGABYTE = 1_000_000

const DAY = 86_400_000
const timeOf = (night: number): number => Date.parse('2026-02-01T03:00:00Z') + (night - 1) * DAY

const folder = ownFolder('story')
const mails = join(folder, 'mails')
mkdirSync(mails)
const stage = new Stage(folder)
const root = join(folder, 'web1/vhosts/blog/SITE')
mkdirSync(root, { recursive: true })
/** Nights follow each other in less time than PHP's opcache takes a file for unchanged. */
const server = await serve(root, { settings: ['opcache.revalidate_freq=0'] })
after(() => server.stop())
const host = stage.addHost('web1', {
  keepDays: KEEP,
  keepIncrementals: 0,
  sites: { blog: { check: { url: `${server.url}/` } } },
  mail: {
    from: 'a@example.org',
    to: ['b@example.org'],
    by: { kind: 'command', command: ['sh', '-c', `cat > ${mails}/$(date +%s%N)`] },
  },
} as object)

const mailed = (): { subject: string; text: string }[] =>
  readdirSync(mails)
    .toSorted()
    .map(name => openMail(readFileSync(join(mails, name), 'utf8').replaceAll('\n', '\r\n')))
    .map(mail => ({ subject: mail.header('Subject')!, text: mail.plain }))

test(`a site breaks on night ${BROKEN} of ${NIGHTS}: that night's mail says so, and in the end one word brings the night before back, whatever junk came meanwhile`, async () => {
  const site = await createStaticSite(host, 'blog')
  writeFileSync(join(site, 'max_NAS_space'), '1')
  writeFileSync(join(site, 'full_backup_freq'), `${CHAIN}D`)
  writeFileSync(join(root, 'index.php'), "<?php require 'functions.php'; echo title();\n")
  writeFileSync(join(root, 'functions.php'), "<?php function title() { return 'Welcome'; }\n")
  let good: Record<string, string> = {}
  let junk = 0
  for (let night = 1; night <= NIGHTS; night++) {
    // of its night, which passes in less than a second here: what duplicity would miss gets a later time in the set
    writeFileSync(join(root, 'post.html'), `<p>${'word '.repeat(night)}</p>\n`)
    utimesSync(join(root, 'post.html'), timeOf(night) / 1000, timeOf(night) / 1000)
    if (night === BROKEN) {
      writeFileSync(join(root, 'functions.php'), "<?php function title() { return 'Welcome' \n")
    }
    if (night >= BROKEN) {
      const size = Math.ceil((11 * MEGABYTE) / (NIGHTS + 1 - BROKEN))
      writeFileSync(join(root, 'junk'), randomBytes(size))
      junk += size
    }
    if (night === BROKEN - 1) good = snapshot(root)
    const before = mailed().length
    const told = await stage.told(host, [], faketime(timeOf(night)))
    const broken = verdicts(told).filter(text => text.includes('it does not work'))
    assert.equal(broken.length, night < BROKEN ? 0 : 1, `night ${night}: ${verdicts(told).join('\n')}`)
    const news = mailed()
      .slice(before)
      .filter(({ text }) => text.includes('does not work'))
    if (night === BROKEN) {
      assert.equal(news.length, 1)
      assert.match(
        news[0]!.text,
        /it does not work: HTTP 500[\s\S]*known to be good is of .*\. What had changed then: files: .*PHP 1 changed.*\n.*recover\.ts --site blog --last-good/,
      )
    }
  }
  assert.ok(junk > 10 * MEGABYTE)

  const now = faketime(timeOf(NIGHTS) + DAY / 2)
  const listed = (await startTask(stage, host, 'recover', ['--site', 'blog', '--list'], now).ended).stdout
  const points = listed.split('\n').filter(line => /20\d\d-\d\d-\d\d [\d:]+ UTC, /.test(line))
  const broken = points.filter(line => line.includes('does not work: HTTP 500'))
  assert.equal(broken.length, NIGHTS + 1 - BROKEN, listed)
  assert.ok(
    points.some(line => line.includes(new Date(timeOf(BROKEN - 1)).toISOString().slice(0, 10)) && /, works/.test(line)),
    listed,
  )

  const status = await startTask(stage, host, 'status', [], now).ended
  assert.equal(status.code, 1)
  assert.match(
    status.stdout,
    /over its allowance, \d+.* of 1\.00 MB, and nothing can go: the chain of .* UTC, \d.* .B, is the newest known to hold a working site/,
  )
  assert.equal((await server.get('/')).status, 500)
  const back = await typeCommand(commandIn(status.stdout, 'recover', '--last-good'), now, '--yes')
  assert.equal(back.code, 0, back.said)
  assert.deepEqual(await server.get('/'), { status: 200, body: 'Welcome' })
  assert.deepEqual(snapshot(root), good)
})
