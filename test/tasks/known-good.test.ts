import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ownFolder } from '../support/host.ts'
import { openMail } from '../support/mail-server.ts'
import { commandIn, typeCommand } from '../support/printed.ts'
import { startTask } from '../support/recovery-stage.ts'
import { claim, Stage, verdicts } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = ownFolder('known-good')
const stage = new Stage(folder)
/** Serves the site as it is on disk (each state of another length: two in a second are else one to duplicity); a page that says "broken" is an error, as with PHP. */
const page = join(folder, 'web1/vhosts/blog/SITE/index.html')
const server = createServer((_, response) => {
  const text = readFileSync(page, 'utf8')
  response.writeHead(text.includes('broken') ? 500 : 200).end(text)
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
after(() => server.close())
const { port } = server.address() as { port: number }
const check = { url: `http://127.0.0.1:${port}/` }
const mail = join(folder, 'mail')
const host = stage.addHost('web1', {
  sites: { blog: { check }, shop: { check } },
  mail: { from: 'a@example.org', to: ['b@example.org'], by: { kind: 'command', command: ['sh', '-c', `cat > ${mail}`] } },
} as object)
const recover = (...words: string[]) => startTask(stage, host, 'recover', ['--site', 'blog', ...words]).ended

test('a site that stops working is told that night, stays so in status, and is brought back by one word', async () => {
  claim(await createStaticSite(host, 'blog'), host)
  writeFileSync(page, '<h1>good</h1>')
  assert.deepEqual(verdicts(await stage.told(host)), [])
  writeFileSync(page, '<h1>much better</h1>')
  assert.deepEqual(verdicts(await stage.told(host)), [])

  writeFileSync(page, '<h1>broken</h1>')
  const first = await stage.told(host)
  assert.match(
    verdicts(first).join(),
    /^blog needs attention: it does not work: HTTP 500\. The last backup .* known to be good is of 20[-0-9 :]+ UTC\. What had changed then: files: pages 1 changed/,
  )
  assert.equal(first.exitCode, 1)

  const status = await startTask(stage, host, 'status').ended
  assert.equal(status.code, 1, status.stdout)
  assert.match(status.stdout, /PROBLEM blog: it does not work: HTTP 500/)

  const listed = (await recover('--list')).stdout
  assert.deepEqual(listed.match(/works|does not work: HTTP 500/g), ['works', 'works', 'does not work: HTTP 500'], listed)
  const back = await typeCommand(commandIn(status.stdout, 'recover', '--last-good'), {}, '--yes')
  assert.equal(back.code, 0, back.said)
  assert.equal(readFileSync(page, 'utf8'), '<h1>much better</h1>')

  const again = await recover('--yes')
  assert.equal(again.code, 1, again.stdout)
  assert.match(again.stdout, /still broken: HTTP 500; the next older one to try, which is known to be good: .*recover.* --at /)
  assert.match(readFileSync(page, 'utf8'), /broken/)
  const { header, plain } = openMail(readFileSync(mail, 'utf8').replaceAll('\n', '\r\n'))
  assert.match(header('Subject')!, /recover: 1 site needs attention — blog/)
  assert.match(
    plain,
    /blog: still broken: HTTP 500; the next[\s\S]*the backup is what is broken: HTTP 500[\s\S]*blog {2}needs attention/,
  )
  const undone = await recover('--undo', '--yes')
  assert.equal(undone.code, 0, undone.stdout)
  assert.equal(readFileSync(page, 'utf8'), '<h1>much better</h1>')
})

test('a new full backup of a site that works is the good one from then on: what was it before can go, and nothing is said', async () => {
  writeFileSync(page, '<h1>good</h1>')
  const site = await createStaticSite(host, 'shop')
  claim(site, host)
  for (const [name, text] of [
    ['SITE/picture', randomBytes(700_000)],
    ['max_NAS_space', '1'],
    ['full_backup_freq', '1s'],
  ] as const)
    writeFileSync(join(site, name), text)
  assert.deepEqual(verdicts(await stage.told(host, ['--site', 'shop'])), [])
  const second = await stage.told(host, ['--site', 'shop'])
  assert.ok(second.outcomes.some(({ notes }) => notes.some(({ text }) => text.startsWith('full backup'))))
  assert.deepEqual(verdicts(second), [])
})
