import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { statusSchema } from '../../lib/report/status.ts'
import { Desktop, didOf } from '../support/desktop.ts'
import { faketime } from '../support/faketime.ts'
import { ownFolder } from '../support/host.ts'
import { openMail } from '../support/mail-server.ts'
import { runTask } from '../support/recovering.ts'
import { Stage, verdicts } from '../support/stage.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const SUNDAY = Date.parse('2026-02-01T10:00:00Z')

/** A desktop that mails, with metrics. */
function makeDesktop(name: string) {
  const folder = ownFolder(name)
  const [mails, prom] = [join(folder, 'mails'), join(folder, 'prom')]
  for (const each of [mails, prom]) mkdirSync(each)
  const by = { kind: 'command' as const, command: ['sh', '-c', `cat > ${mails}/$(date +%s%N)`] }
  const desktop = new Desktop(
    folder,
    {},
    { metrics: { folder: prom }, mail: { from: 'a@example.org', to: ['b@example.org'], by } },
  )
  desktop.fill('letter', 1000)
  const subjects = (): string[] =>
    readdirSync(mails)
      .toSorted()
      .map(each => openMail(readFileSync(join(mails, each), 'utf8').replaceAll('\n', '\r\n')).header('Subject')!)
  return { folder, desktop, subjects, metrics: () => readFileSync(join(prom, 'holdfast-desktop.prom'), 'utf8') }
}

test('a desktop that is on on Sundays and Mondays only is backed up all the same, and its newest backup is never older than two weeks', async () => {
  const { desktop } = makeDesktop('desktop-sundays')
  const backups: number[] = []
  for (let week = 0; week < 3; week++)
    for (const now of [SUNDAY + 7 * week * DAY, SUNDAY + (7 * week + 1) * DAY]) {
      const asked = await desktop.ask([], now)
      assert.equal(asked.code, 0, asked.stderr)
      if (didOf(asked) === 'backup') backups.push((now - SUNDAY) / DAY)
    }
  assert.deepEqual(backups, [0, 14])
})

test('a desktop whose backup is too old and whose share is away fails at every asking, is mailed once a day, and once when it is well again; status, page and metrics say the same', async () => {
  const { folder, desktop, subjects, metrics } = makeDesktop('desktop-away')
  const stage = new Stage(folder)
  const status = async (now: number) => {
    const pages = join(folder, 'pages')
    const host = { name: 'pc', folder, vhosts: '' }
    const { code, stdout, stderr } = await runTask(stage, 'status', host, ['--json', '--html', pages], faketime(now))
    const found = stdout.startsWith('{') ? statusSchema.parse(JSON.parse(stdout)) : assert.fail(stdout + stderr)
    return { code, site: found.sites[0], problems: found.problems, page: readFileSync(join(pages, 'index.html'), 'utf8') }
  }
  assert.equal((await desktop.ask([], SUNDAY)).code, 0)
  const well = await status(SUNDAY + HOUR)
  assert.deepEqual(
    [well.code, well.site?.role, well.site?.verdict, well.site?.restorePoints],
    [0, 'desktop', 'well', 1],
    JSON.stringify(well),
  )
  assert.deepEqual(subjects(), ['pc: desktop: 1 site well — full backup of pc'])
  const archive = join(folder, 'archive')
  renameSync(archive, `${archive}-away`)
  const late = SUNDAY + 21 * DAY
  for (const now of [late, late + HOUR, late + 19 * HOUR]) {
    const asked = await desktop.ask([], now)
    assert.equal(asked.code, 1)
    assert.match(verdicts(asked).join(), /^pc failed: Check the archive: /)
  }
  assert.deepEqual(subjects().slice(1), ['pc: desktop: 1 of 1 site FAILED — pc'])
  assert.match(metrics(), /holdfast_site_verdict\{task="desktop",site="pc",role="desktop",verdict="failed"\} 1/)
  assert.equal((await desktop.ask([], late + 21 * HOUR)).code, 1)
  assert.equal(subjects().length, 3, 'a day later it is mailed again')
  renameSync(`${archive}-away`, archive)
  const ill = await status(late + 22 * HOUR)
  assert.deepEqual([ill.code, ill.site?.verdict], [1, 'failed'])
  assert.match(ill.site!.problems.join('\n'), /^the run of .*: Check the archive: [\s\S]*\nno backup for 21 days$/)
  assert.match(ill.page, /<p class="verdict bad">1 of 1 site FAILED — pc/)
  const back = await desktop.ask([], late + 23 * HOUR)
  assert.deepEqual([back.code, didOf(back), verdicts(back)], [0, 'backup', []])
  assert.match(subjects().at(-1)!, /^pc: desktop: 1 site well — pc well again/)
  assert.equal((await status(late + 24 * HOUR)).code, 0)
})
