import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { BadInput } from '../../lib/core/bad-input.ts'
import { search } from '../../lib/duplicity/io/exclusions.ts'
import { parseSelection } from '../../lib/duplicity/selection.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import { OpenedFolder } from '../../lib/host/opened-folder.ts'
import { checkExclusions } from '../../lib/steps/desktop.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { notesOf, outcomeOf, perform } from '../support/perform.ts'

const folder = ownFolder('exclusions')
const host = hostIn(folder)
const source = join(folder, 'home')
mkdirSync(join(source, 'fred', '.cache', 'deep'), { recursive: true })
writeFileSync(join(source, 'fred', 'notes.iso'), '')
const list = join(folder, 'exclusions')

/** Checks a list with this text, or a file that is not there. */
async function check(text: string | undefined, excludeFrom = list) {
  if (text !== undefined) writeFileSync(list, text.replaceAll('~', source))
  const settings = { domains: [], env: [], exclude: [], excludeFrom }
  const site = { ...siteOf(host, 'pc', { settings }), folder: source }
  return await perform(recipe<Needs<'site'>>().do(checkExclusions), { site })
}

test('checkExclusions() tells how many patterns there are, when all match something', async () => {
  const performed = await check('~/fred/.cache\n**/deep\n~/*/*.iso\n~/fred/\n')
  assert.deepEqual(notesOf(performed), [`info: 4 patterns in ${list}`])
})

test('checkExclusions() warns of a pattern that matches nothing, with its line', async () => {
  const notes = notesOf(await check('# mine\n~/fred/.cache\n~/freda/.cache\n**/*.tmp\n~/fred/notes.iso/\n'))
  const warned = notes.filter(note => note.startsWith('warning'))
  assert.deepEqual(
    warned.map(note => /line \d+: nothing that ".*" matches is there$/.exec(note)?.[0].replace(source, '~')),
    [
      'line 3: nothing that "~/freda/.cache" matches is there',
      'line 4: nothing that "**/*.tmp" matches is there',
      'line 5: nothing that "~/fred/notes.iso/" matches is there',
    ],
  )
})

const REFUSED: [what: string, text: string | undefined, file: string | undefined, message: RegExp][] = [
  ['a last line that includes', '- ~/fred/.cache\n+ ~/fred\n', undefined, /exclusions: line 2: .* is the last line and includes/],
  [
    'a list that leaves out everything',
    '~/**\n**\n',
    undefined,
    /exclusions: it leaves out all of .*home, and nothing would be backed up/,
  ],
  ['a pattern from elsewhere', '/var/cache\n', undefined, /exclusions: line 1: "\/var\/cache" cannot match anything in /],
  ['a file that is not there', undefined, join(folder, 'none'), /desktop\.exclusions: cannot read .*none: ENOENT/],
  ['a folder in place of a file', undefined, folder, /cannot read .*: EISDIR/],
]
for (const [what, text, file, message] of REFUSED) {
  test(`checkExclusions() refuses ${what} as bad input`, async () => {
    const outcome = outcomeOf(await check(text, file), 'exclusions')
    assert.equal(outcome.status, 'failed')
    assert.equal(outcome.exitCode, new BadInput('').asExitCode)
    assert.match(outcome.reason ?? '', message)
  })
}

test('checkExclusions() takes a list that leaves out everything but what it names', async () => {
  assert.equal(outcomeOf(await check('+ ~/fred\n- **\n'), 'exclusions').status, 'done')
})

const exchanges: [what: string, put: (path: string, outside: string) => void][] = [
  ['a link', (path, outside) => symlinkSync(outside, path)],
  ['a pipe', path => execFileSync('mkfifo', [path])],
]
for (const [what, put] of exchanges) {
  test(`search() looks into no folder that its owner exchanged for ${what} meanwhile`, () => {
    const [home, outside] = ['exchanged', 'outside'].map(name => join(folder, name)) as [string, string]
    for (const path of [home, outside]) rmSync(path, { recursive: true, force: true })
    mkdirSync(join(home, 'fred'), { recursive: true })
    mkdirSync(outside)
    writeFileSync(join(outside, 'secret'), '')
    let looks = 0
    // asked for the time at the beginning and before each folder: the third time is that of `fred`
    const now = (): number => {
      looks += 1
      if (looks === 3) renameSync(join(home, 'fred'), join(home, 'was'))
      if (looks === 3) put(join(home, 'fred'), outside)
      return 0
    }
    using source = OpenedFolder.open(home)
    const { unmatched } = search(source, parseSelection(`${home}/fred/secret\n`), now)
    assert.deepEqual([looks, unmatched.length], [3, 1])
  })
}
