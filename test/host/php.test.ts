import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { phpErrors, unreadFrom } from '../../lib/host/php.ts'
import type { SitePlace } from '../../lib/host/site.ts'
import { ownFolder } from '../support/host.ts'

const folder = ownFolder('php-errors')
const site = (errorLog?: string): SitePlace => ({
  name: 'blog',
  folder: join(folder, 'blog'),
  settings: { domains: [], env: [], exclude: [], check: { errorLog } },
})
mkdirSync(join(folder, 'blog/logs'), { recursive: true })
const log = join(folder, 'blog/logs/error.log')
const fatal = (where: string): string =>
  `[27-Nov-2026 03:00:00 UTC] PHP Fatal error:  Uncaught Error: no PHP Fatal in ${where}/SITE/a.php:3\nStack trace:\n#0 {main}\n`

test('phpErrors() counts what is new, also after a rotation, and only the fatal', () => {
  assert.equal(phpErrors(site(), undefined), undefined)
  assert.equal(phpErrors(site('logs/error.log'), undefined), undefined)
  assert.equal(phpErrors(site('none/error.log'), undefined), undefined)
  writeFileSync(log, fatal('/x').repeat(3))
  const first = phpErrors(site('logs/error.log'), undefined)!
  assert.equal(first.fatal, undefined)
  appendFileSync(log, `${fatal('/x')}PHP Warning:  nothing\n[x] PHP Parse error:  syntax error in /x on line 1\n`)
  const second = phpErrors(site('logs/error.log'), first.place)!
  assert.equal(second.fatal, 2)
  assert.equal(phpErrors(site('logs/error.log'), second.place)!.fatal, 0)
  renameSync(log, `${log}.1`)
  writeFileSync(log, fatal('/x'))
  assert.equal(phpErrors(site('logs/error.log'), second.place)!.fatal, 1)
})

test("phpErrors() of a host's log counts those of the site alone", () => {
  const whole = join(folder, 'php.log')
  writeFileSync(whole, '')
  const { place } = phpErrors(site(whole), undefined)!
  appendFileSync(whole, ['blog', 'blog', 'blog2'].map(name => fatal(join(folder, name))).join(''))
  assert.equal(phpErrors(site(whole), place)!.fatal, 2)
})

for (const [what, make] of [
  ['a link', () => symlinkSync('/etc/passwd', log)],
  ['a pipe', () => execFileSync('mkfifo', [log])],
  ['a folder', () => mkdirSync(log)],
] as const)
  test(`phpErrors() neither follows nor waits for ${what}`, () => {
    rmSync(log, { recursive: true, force: true })
    make()
    assert.throws(() => phpErrors(site('logs/error.log'), undefined), /error\.log is .*, wanted a file/)
  })

/** [inode, bytes before, inode, bytes now, from where] with 100 at most */
const CASES: readonly (readonly [number, number, number, number, number])[] = [
  [1, 50, 1, 80, 50],
  [1, 50, 1, 50, 50],
  [1, 50, 1, 20, 0],
  [1, 50, 2, 80, 0],
  [1, 50, 1, 900, 800],
  [1, 50, 2, 900, 800],
]
for (const [was, read, is, bytes, from] of CASES)
  test(`unreadFrom() of file ${was} read to ${read}, now ${is} of ${bytes}, is ${from}`, () =>
    assert.equal(unreadFrom({ inode: was, bytes: read }, { inode: is, bytes }, 100), from))
