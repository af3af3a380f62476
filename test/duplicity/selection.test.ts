import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { matcherOf, parseSelection, problemsOf } from '../../lib/duplicity/selection.ts'
import { duplicity3 } from '../support/duplicity3.ts'

const run = promisify(execFile)
// in small letters: 0.8.22 looks for the base of an ignorecase: pattern in small letters
const folder = join(tmpdir(), `holdfast-selection-${process.pid}`)
mkdirSync(folder)
after(() => rmSync(folder, { recursive: true }))

test('parseSelection() reads signs, comments and quotes as duplicity does', () => {
  const text = '# a comment\n\n- /home/a\n+ /home/b\n/home/c\r\n  - "/home/with space "\n\'/home/d\'\n-/home/e\n'
  assert.deepEqual(
    parseSelection(text).map(({ line, glob, includes }) => `${line} ${includes ? '+' : '-'} ${glob}`),
    ['3 - /home/a', '4 + /home/b', '5 - /home/c', '6 - /home/with space ', '7 - /home/d', '8 - -/home/e'],
  )
})

/** The list, the exit code of duplicity, and what Holdfast says of it before. */
const LISTS: [list: string, code: number, problem: RegExp | undefined][] = [
  ['- SOURCE/cache', 0, undefined],
  ['+ SOURCE/cache/keep\n- SOURCE/cache', 0, undefined],
  ['- **/cache', 0, undefined],
  ['- **', 0, undefined],
  ['# nothing\n', 0, undefined],
  ['ignorecase:SOURCE/CACHE', 0, undefined],
  ['- SOURCE/cache\n+ SOURCE/keep', 16, /^line 2: "\+ .*\/keep" is the last line and includes/],
  ['- /elsewhere/cache', 14, /^line 1: "\/elsewhere\/cache" cannot match anything in /],
  ['- cache', 14, /^line 1: "cache" cannot match anything/],
  ['- SOURCE//cache', 15, /^line 1: .* two slashes in a row/],
]
for (const version of ['installed', '3.0.4']) {
  test(`problemsOf() refuses what duplicity (${version}) refuses, and nothing else`, async () => {
    const source = join(folder, version)
    mkdirSync(join(source, 'cache'), { recursive: true })
    writeFileSync(join(source, 'cache', 'file'), 'x')
    const program = version === 'installed' ? 'duplicity' : join(await duplicity3(), 'duplicity')
    for (const [list, code, problem] of LISTS) {
      const text = list.replaceAll('SOURCE', source)
      writeFileSync(join(folder, 'list'), text)
      const places = ['full', `--exclude-filelist=${join(folder, 'list')}`, '--dry-run', '--no-encryption']
      const words = [...places, `--archive-dir=${folder}/c`, source, `file://${folder}/nas`]
      const found = await run(program, words).then(
        () => 0,
        error => error.code,
      )
      assert.equal(found, code, text)
      const problems = problemsOf(parseSelection(text), source)
      if (problem === undefined) assert.deepEqual(problems, [])
      else assert.match(problems.join('; '), problem)
    }
  })
}

const ASK = `
import json, sys
from duplicity.globmatch import select_fn_from_glob
class Path:
    def __init__(self, name): self.uc_name = name
    def isdir(self): return True
def ask(glob, path):
    try: return select_fn_from_glob(glob, 1)(Path(path))
    except Exception: return 'refused'
print(json.dumps([ask(g, p) for g, p in json.load(sys.stdin)]))`

test('matcherOf() selects what globmatch.py selects, on random patterns and paths', async () => {
  const part = fc.array(fc.constantFrom('a', 'a', 'b', '*', '*', '**', '?', '[ab]', '[!a]', '.', '+', '(', 'é', '[', '\\'), {
    minLength: 1,
    maxLength: 3,
  })
  const glob = fc.tuple(
    fc.constantFrom('', '/'),
    fc.array(
      part.map(pieces => pieces.join('')),
      { minLength: 1, maxLength: 4 },
    ),
    fc.constantFrom('', '/'),
  )
  const name = fc
    .array(fc.constantFrom('a', 'a', 'a', 'b', 'b', '.', '+', '(', 'é', '[', '\\'), { minLength: 1, maxLength: 3 })
    .map(each => each.join(''))
  const pair = fc.tuple(
    glob.map(([before, parts, behind]) => before + parts.join('/') + behind),
    fc.array(name, { minLength: 1, maxLength: 4 }).map(parts => `/${parts.join('/')}`),
  )
  const pairs = fc.sample(pair, { numRuns: 4000, seed: 5 })
  const asked = run('python3', ['-c', ASK], { env: { ...process.env, PYTHONPATH: '/usr/lib/python3/dist-packages' } })
  asked.child.stdin!.end(JSON.stringify(pairs))
  const answers: unknown[] = JSON.parse((await asked).stdout)
  const differing = pairs.filter(
    ([pattern, path], index) => answers[index] !== 'refused' && answers[index] !== answerOf(pattern, path),
  )
  assert.deepEqual(differing.slice(0, 10), [])
  const meant = answers.filter(answer => answer === 1).length
  assert.ok(meant > 100, `only ${meant} of the pairs match`)
})

/** 1 when the path is meant, 2 when something below it can be, null when neither. */
function answerOf(pattern: string, path: string): number | null {
  const { matches, leadsTo } = matcherOf(pattern)
  return matches(path, true) ? 1 : leadsTo(path) ? 2 : null
}
