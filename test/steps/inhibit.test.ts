import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { beginProcess } from '../../lib/engine/background.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import { inhibit } from '../../lib/steps/lock.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { notesOf, perform, story } from '../support/perform.ts'
import { processesWith, until } from '../support/processes.ts'
import { fakeProgram, pathWith, whilePathHas } from '../support/programs.ts'

const folder = ownFolder('inhibit')
const host = hostIn(folder, { name: 'inhibit-test-pc' })
const bin = join(folder, 'bin')
const holders = () => processesWith('the backup of inhibit-test-pc is running')

/** systemd-inhibit without a logind: it takes its options and runs the rest, as the real one does. */
const INHIBIT = 'while [ "${1#--}" != "$1" ]; do shift; done; "$@"; exit'

const during = (work: () => void) =>
  perform(
    recipe<Needs<'host'>>()
      .hold(inhibit)
      .do({ name: 'work', title: 'work', run: async () => work() }),
    { host },
  )

test('inhibit holds while the steps run and not after, also when one fails', async () => {
  fakeProgram(bin, 'systemd-inhibit', INHIBIT)
  let held = 0
  const count = () => {
    held = holders().length
  }
  const well = await whilePathHas(bin, () => during(count))
  assert.ok(held > 0)
  assert.deepEqual(holders(), [])
  assert.deepEqual(story(well.outcomes), ['inhibit up done', 'work do done', 'inhibit down done'])
  const failed = await whilePathHas(bin, () => during(() => assert.fail('it broke')))
  assert.deepEqual(story(failed.outcomes), ['inhibit up done', 'work do failed: it broke', 'inhibit down done'])
  assert.deepEqual(holders(), [])
})

test('inhibit where the machine has no logind says so once and goes on', async () => {
  const bare = join(folder, 'bare')
  fakeProgram(bare, 'systemd-inhibit', 'echo "Failed to connect to bus: No such file or directory" >&2; exit 1')
  const performed = await whilePathHas(bare, () => during(() => {}))
  assert.deepEqual(story(performed.outcomes), ['inhibit up done', 'work do done', 'inhibit down done'])
  assert.equal(notesOf(performed).length, 1)
  assert.match(notesOf(performed)[0]!, /^warning: nothing keeps this machine from being shut down meanwhile: .*bus/)
})

test('a program that is not there, as on a machine without systemd-inhibit, is an error and no crash', async () => {
  await assert.rejects(beginProcess(['no-program-of-this-name'], {}, new AbortController().signal), /ENOENT/)
})

test('the inhibitor ends with a run that is killed', async () => {
  fakeProgram(bin, 'systemd-inhibit', INHIBIT)
  const script = `
    import { beginProcess } from '${join(import.meta.dirname, '../../lib/engine/background.ts')}'
    await beginProcess(['systemd-inhibit', '--why=the backup of inhibit-test-pc is running', 'sh', '-c', 'echo held; exec cat'], {}, new AbortController().signal)
    console.log('up')
    setInterval(() => {}, 1000)`
  const env = { ...process.env, PATH: pathWith(bin) }
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  assert.ok(holders().length > 0)
  child.kill('SIGKILL')
  await until(() => holders().length === 0)
})
