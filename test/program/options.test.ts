import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { BadInput } from '../../lib/core/bad-input.ts'
import { flag, helpLines, list, parseOptions, text } from '../../lib/program/options.ts'
import { bashCompletion, helpOf, optionsOf } from '../../lib/program/task-help.ts'
import { TASKS } from '../../lib/program/tasks.ts'

const OPTIONS = { now: flag('at once', 'n'), age: text('40D', 'as it was\nso long ago'), site: list('NAME', 'this one') } as const
const read = (...words: string[]) => parseOptions(words, OPTIONS, 'tasks/x.ts --help')

test('parseOptions() gives each option the type that its declaration says', () => {
  assert.deepEqual(read(), { now: false, age: undefined, site: [] })
  assert.deepEqual(read('-n', '--age', '40D', '--site=a', '--site', '007'), { now: true, age: '40D', site: ['a', '007'] })
})

test('parseOptions() refuses what it does not know, and values that are missing', () => {
  const wrong: [string[], RegExp][] = [
    [['--later'], /Unknown option '--later'; tasks\/x.ts --help lists the options/],
    [['blog'], /Unexpected argument 'blog'/],
    [['--age'], /'--age <value>' argument missing/],
    [['--age='], /--age: found nothing, wanted 40D/],
    [['--site', 'a', '--site', ''], /--site: found nothing, wanted NAME/],
    [['--now=yes'], /--now' does not take an argument/],
  ]
  for (const [words, message] of wrong)
    assert.throws(
      () => read(...words),
      error => error instanceof BadInput && message.test(error.message),
      words.join(' '),
    )
})

test('helpLines() lists them with what they do', () => {
  assert.equal(
    helpLines(OPTIONS),
    `  -n, --now         at once
  --age 40D         as it was
                    so long ago
  --site NAME       this one`,
  )
})

test('the help of every task names all its options, its own first, --dry-run among them', () => {
  for (const task of TASKS) {
    const named = [...helpOf(task).matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map(([, name]) => name)
    assert.deepEqual(named, Object.keys(optionsOf(task)), task.name)
    assert.ok(named.includes('dry-run'))
  }
})

test('bashCompletion() completes the options of the task that is typed, and nothing else', () => {
  const typed = (...words: string[]): string => {
    const script = `${bashCompletion(TASKS)}\nCOMP_WORDS=("$@"); _holdfast "$1" "\${!#}"; echo "\${COMPREPLY[*]}"`
    return execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' }).trim()
  }
  assert.equal(typed('npx', 'zx', 'tasks/recover.ts', '--un'), '--undo')
  assert.equal(typed('npx', 'zx', '/opt/holdfast/tasks/status.ts', '--json', '--m'), '--mounted')
  assert.equal(typed('npx', 'zx', 'tasks/recover.ts', 'a'), '')
  assert.equal(typed('npx', 'something', '--a'), '')
})
