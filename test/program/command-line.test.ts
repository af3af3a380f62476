import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { againLine, HOME } from '../../lib/program/command-line.ts'
import { bisectTask, nightlyTask } from '../../lib/program/tasks.ts'

const again = (...[task, words, site]: Parameters<typeof againLine>): string =>
  againLine(task, words, site).replace(`cd ${HOME} && npx zx tasks/`, '')

test('againLine() is the same command for the site in question, verbosely', () => {
  const words = ['--site', 'a', '--site=b', '-q', '--host', 'web1', '--quiet']
  assert.equal(again(nightlyTask, words, 'b'), 'nightly.ts --host web1 --site b --verbose')
})

test('againLine() keeps the sites that were named where none is in question', () => {
  assert.equal(again(nightlyTask, ['--site', 'a', '--site=b', '--json'], undefined), 'nightly.ts --site a --site b --verbose')
})

test('againLine() makes those values absolute that are declared as paths', () => {
  const words = ['--inventory', 'hosts', '--judge=./judge.sh', '--path', 'shop']
  const paths = `--inventory ${join(process.cwd(), 'hosts')} --judge ${join(process.cwd(), 'judge.sh')}`
  assert.equal(again(bisectTask, words, 'a'), `bisect.ts ${paths} --path shop --site a --verbose`)
})
