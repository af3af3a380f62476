import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import { startUnit } from '../../lib/host/unit.ts'
import { ownFolder } from '../support/host.ts'
import { notesOf, perform, story } from '../support/perform.ts'
import { fakeProgram, whilePathHas } from '../support/programs.ts'

const folder = ownFolder('unit')

interface Entry {
  MESSAGE: string | number[]
  _PID: string
}
const entry = (text: Entry['MESSAGE'], pid = '81'): Entry => ({ MESSAGE: text, _PID: pid })
const USELESS = 'Job failed. See "journalctl -xe" for details.'

/** What a start fails with where systemctl and journalctl are these. `npm run test:hosts` has the real ones. */
async function failure(name: string, journal: string, systemctl = `echo '${USELESS}' >&2; exit 1`) {
  const bin = join(folder, name)
  mkdirSync(bin)
  fakeProgram(bin, 'systemctl', systemctl)
  fakeProgram(bin, 'journalctl', journal)
  const starting = recipe<object>().do({ name: 'start', title: 'start', run: async (_, shell) => startUnit('a.mount', shell) })
  return await whilePathHas(bin, () => perform(starting, {}))
}

const printing = (entries: readonly Entry[]): string =>
  `[[ " $* " = *' --unit=a.mount '* ]] || exit 9\ncat <<'END'\n${entries.map(each => JSON.stringify(each)).join('\n')}\nEND`

for (const [what, entries, told] of [
  [
    'what its own processes said last, without systemd’s words and without the hint to the kernel’s log',
    [
      entry('Mounting a.mount - /mnt/a...', '1'),
      entry('trying'),
      entry('mount: /mnt/a: unknown filesystem type ‘nfs’.'),
      entry('       dmesg(1) may have more information after failed mount system call.'),
      entry('a.mount: Failed with result ‘exit-code’.', '1'),
    ],
    'a.mount does not start: trying / mount: /mnt/a: unknown filesystem type ‘nfs’.',
  ],
  ['what systemctl said, where it said nothing', [entry('Mounting…', '1')], `systemctl ended with exit code 1: ${USELESS}`],
  ['what systemctl said, where it said no text', [entry([255, 254])], `systemctl ended with exit code 1: ${USELESS}`],
] as const)
  test(`a unit that does not start tells ${what}`, async () => {
    const { outcomes } = await failure(what.slice(0, 40), printing(entries as readonly Entry[]))
    assert.deepEqual(story(outcomes), [`start do failed: ${told}`])
  })

test('a unit that does not start tells what systemctl said, where the journal cannot be read', async () => {
  const performed = await failure('no journal', 'echo no journal here >&2; exit 1')
  assert.deepEqual(story(performed.outcomes), [`start do failed: systemctl ended with exit code 1: ${USELESS}`])
  assert.match(notesOf(performed).join('\n'), /the journal of a\.mount: .*no journal here/)
})

test('a unit that starts is not asked about', async () => {
  const { outcomes } = await failure('well', 'echo asked >&2; exit 1', 'exit 0')
  assert.deepEqual(story(outcomes), ['start do done'])
})
