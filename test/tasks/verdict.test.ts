import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { statusSchema } from '../../lib/report/status.ts'
import { statusText } from '../../lib/report/status-text.ts'
import { ownFolder } from '../support/host.ts'
import { openMail } from '../support/mail-server.ts'
import { runTask } from '../support/recovering.ts'
import { Stage, type StageHost, verdicts } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = ownFolder('verdict')

/** A host that tells in all ways of its sites. */
async function stageOf(name: string, sites: string[], fields: Partial<HostFile> = {}) {
  const stage = new Stage(join(folder, name))
  const [mails, prom] = [join(stage.folder, 'mails'), join(stage.folder, 'prom')]
  for (const each of [mails, prom]) mkdirSync(each)
  const by = { kind: 'command' as const, command: ['sh', '-c', `cat > ${mails}/$(date +%s%N)`] }
  const host = stage.addHost('web1', {
    ...fields,
    metrics: { folder: prom },
    mail: { from: 'a@example.org', to: ['b@example.org'], by },
  })
  for (const site of sites) await createStaticSite(host, site)
  return { stage, host, mails, prom }
}

type SiteReport = Awaited<ReturnType<typeof stageOf>>

/** A night, and how it is told: the exit code, the verdicts, what the mail said, if one was sent, and the metrics. */
async function night({ stage, host, mails, prom }: SiteReport, env: NodeJS.ProcessEnv = {}) {
  for (const old of readdirSync(mails)) rmSync(join(mails, old))
  const told = await stage.told(host, [], env)
  const sent = readdirSync(mails).map(name => openMail(readFileSync(join(mails, name), 'utf8').replaceAll('\n', '\r\n')))
  const metrics = readFileSync(join(prom, 'holdfast-nightly.prom'), 'utf8')
  return { code: told.code, verdicts: verdicts(told), mails: sent, metrics }
}

/** What status says right after it, as data and as a page. */
async function look({ stage, host }: SiteReport) {
  const pages = join(stage.folder, 'pages')
  const { code, stdout } = await runTask(stage, 'status', host, ['--json', '--html', pages])
  const status = statusSchema.parse(JSON.parse(stdout))
  return { code, status, text: statusText(status), page: readFileSync(join(pages, 'index.html'), 'utf8') }
}

const setsOf = (stage: Stage, site: string): string[] =>
  readdirSync(join(stage.archive, site)).filter(name => name.startsWith('duplicity'))
const allow = (host: StageHost, site: string, megabytes: string) =>
  writeFileSync(join(host.vhosts, site, 'max_NAS_space'), megabytes)

test('over its allowance with nothing left to prune: the night, status, the page, the mail and the metrics say that it needs attention, with exit code 1', async () => {
  const stage = await stageOf('over', ['large', 'small'])
  allow(stage.host, 'large', '0.000001')
  const said =
    /^over its allowance, .* of 1 bytes, and nothing can go: only the primary chain is left\. Raise max_NAS_space, or back up less$/
  const { code, verdicts, mails, metrics } = await night(stage)
  assert.equal(code, 1)
  assert.equal(verdicts.length, 1)
  const [, sentence] = /^large needs attention: (.*)$/.exec(verdicts[0]!)!
  assert.match(sentence!, said)
  const { header, plain, html } = openMailOf(mails)
  assert.equal(header('Subject'), 'web1: 1 site needs attention — large')
  assert.ok(plain.includes(`large: ${sentence}`), plain)
  assert.match(html, /border-left:6px solid #8a4b00/, 'amber: nothing failed')
  assert.match(metrics, /holdfast_site_verdict\{task="nightly",site="large",role="primary",verdict="needs attention"\} 1\n/)
  assert.match(metrics, /holdfast_site_verdict\{task="nightly",site="small",role="primary",verdict="well"\} 1\n/)
  const { code: looked, status, text, page } = await look(stage)
  assert.deepEqual([looked, status.verdict], [1, 'needs attention'])
  assert.deepEqual(
    status.sites.map(({ name, verdict, problems }) => [name, verdict, problems]),
    [
      ['large', 'needs attention', [sentence]],
      ['small', 'well', []],
    ],
  )
  assert.match(text, /\n1 site needs attention — large$/)
  assert.match(page, /<p class="verdict warn">1 site needs attention — large<\/p>/)
})

test('a night that failed is told by status too, until the site is well again, which one mail says', async () => {
  const stage = await stageOf('again', ['blog', 'shop'])
  assert.equal((await night(stage)).code, 0)
  const marker = join(stage.host.vhosts, 'blog', '.holdfast')
  rmSync(marker, { recursive: true })
  writeFileSync(marker, 'in the way of the certificates')
  const bad = await night(stage)
  assert.deepEqual([bad.code, bad.verdicts.length], [1, 1])
  assert.equal(openMailOf(bad.mails).header('Subject'), 'web1: 1 of 2 sites FAILED — blog')
  const { code, status, text } = await look(stage)
  const [blog] = status.sites
  assert.deepEqual([code, blog!.verdict, status.sites[1]!.verdict], [1, 'failed', 'well'])
  assert.match(blog!.problems.join(), /^the run of .* UTC: Save the certificates: .*\.holdfast/)
  assert.ok(blog!.since !== null)
  assert.match(text, /\n1 of 2 sites FAILED — blog$/)
  rmSync(marker)
  const good = await night(stage)
  assert.deepEqual([good.code, good.verdicts], [0, []])
  const { header, plain } = openMailOf(good.mails)
  assert.equal(header('Subject'), 'web1: 2 sites well — blog well again')
  assert.match(plain, /blog: well again, after it had failed for \d+ (s|min)/)
  assert.equal((await look(stage)).code, 0)
  assert.deepEqual((await night(stage)).mails, [], 'it is said once')
})

test('a night that could not reach the archive is told by status, and the next one says that it can again', async () => {
  const stage = await stageOf('away', ['blog'])
  assert.equal((await night(stage)).code, 0)
  const identity = join(stage.stage.archive, '.holdfast-identity')
  const known = readFileSync(identity, 'utf8')
  writeFileSync(identity, 'another\n')
  const bad = await night(stage)
  assert.equal(bad.code, 1)
  writeFileSync(identity, known)
  const { code, status } = await look(stage)
  assert.deepEqual([code, status.sites.map(({ verdict }) => verdict)], [1, ['well']])
  assert.match(status.problems.join(), /^the nightly run of .* UTC: Check the archive: another archive is in /)
  const good = await night(stage)
  assert.equal(
    openMailOf(good.mails)
      .header('Subject')!
      .replace(/for .*/, ''),
    'web1: 1 site well — nightly is well again, after it had failed ',
  )
  assert.equal((await look(stage)).code, 0)
})

test('damage in an older chain is told once, by the night and by status alike; then it is a warning', async () => {
  const stage = await stageOf('torn', ['blog'], { auditBudget: 0 })
  assert.equal((await night(stage)).code, 0)
  writeFileSync(join(stage.host.vhosts, 'blog', 'full_backup_freq'), '1s')
  assert.equal((await night(stage)).code, 0)
  const first = setsOf(stage.stage, 'blog').find(name => name.startsWith('duplicity-full.') && name.includes('vol1'))!
  truncateSync(join(stage.stage.archive, 'blog', first), 0)
  const news = await night(stage)
  assert.deepEqual([news.code, (await look(stage)).code], [1, 1], news.verdicts.join())
  assert.match(openMailOf(news.mails).header('Subject')!, /^web1: 1 (site needs attention|of 1 site FAILED) — blog$/)
  const known = await night(stage)
  const { code, status } = await look(stage)
  assert.deepEqual([known.code, code], [0, 0], known.verdicts.join())
  assert.equal(status.sites[0]!.warnings.length, 1)
})

function openMailOf<Mail>(mails: readonly Mail[]): Mail {
  assert.equal(mails.length, 1, 'one mail')
  return mails[0]!
}
