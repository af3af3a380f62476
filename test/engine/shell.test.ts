import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import type { RunEvent } from '../../lib/core/outcome.ts'
import { Secret } from '../../lib/core/secret.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import { Run } from '../../lib/engine/run.ts'
import type { Shell } from '../../lib/engine/shell.ts'
import { runTree } from '../../lib/engine/tree.ts'
import { notesOf, outcomeOf, type Performed, perform } from '../support/perform.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-shell-'))
after(() => rmSync(folder, { recursive: true }))

/** Runs one step of this work. */
const work = (run: (shell: Shell) => Promise<object | void>, options: Parameters<typeof perform>[2] = {}): Promise<Performed> =>
  perform(recipe<object>().do({ name: 'work', title: 'Work', run: (_, shell) => run(shell) }), {}, options)
const linesOf = (performed: Performed) => outcomeOf(performed, 'work').commands.map(command => command.line)

test('act changes something and ask reads it', async () => {
  const file = join(folder, "a b'$(x);é")
  let size = 0
  const performed = await work(async shell => {
    await shell.with({ input: 'hello' }).act`dd status=none of=${file}`
    size = await shell.ask(Number)`stat --format=%s ${file}`
  })
  assert.equal(outcomeOf(performed, 'work').status, 'done')
  assert.equal(size, 5)
  assert.deepEqual(
    outcomeOf(performed, 'work').commands.map(({ ran, exitCode }) => ({ ran, exitCode })),
    [
      { ran: true, exitCode: 0 },
      { ran: true, exitCode: 0 },
    ],
  )
})

test('a dry run performs every ask, and describes every act instead of doing it', async () => {
  const file = join(folder, 'never made')
  let asked = ''
  const performed = await work(
    async shell => {
      await shell.act`touch ${file}`
      await shell.act('forget the whole thing', () => assert.fail('done in a dry run'))
      asked = await shell.ask(String)`printf looked`
    },
    { dry: true },
  )
  assert.ok(!existsSync(file))
  assert.equal(asked, 'looked')
  assert.deepEqual(
    outcomeOf(performed, 'work').commands.map(({ line, ran }) => ({ line, ran })),
    [
      { line: `touch '${file}'`, ran: false },
      { line: '# forget the whole thing', ran: false },
      { line: 'printf looked', ran: true },
    ],
  )
})

test('transferred() adds up what was read from the archive and written to it; a dry run writes nothing', async () => {
  const twice = async (shell: Shell): Promise<void> => {
    for (const bytes of [{ read: 5 }, { written: 7 }, { read: 1, written: 2 }]) shell.transferred(bytes)
  }
  assert.deepEqual(outcomeOf(await work(twice), 'work').transferred, { read: 6, written: 9 })
  assert.deepEqual(outcomeOf(await work(twice, { dry: true }), 'work').transferred, { read: 6, written: 0 })
  assert.equal(outcomeOf(await work(async () => {}), 'work').transferred, undefined)
})

test('a dry run lets holds up and down', async () => {
  const file = join(folder, 'held')
  const seen: boolean[] = []
  const chain = recipe<object>()
    .hold({
      name: 'held',
      title: 'held',
      up: async (_: object, shell: Shell) => {
        await shell.act`touch ${file}`
        return { held: true }
      },
      down: (_: object, shell: Shell) => shell.act`rm ${file}`,
    })
    .do({ name: 'look', title: 'look', run: async () => void seen.push(existsSync(file)) })
  await perform(chain, {}, { dry: true })
  assert.deepEqual([...seen, existsSync(file)], [true, false])
})

test('a failed command fails the step, with its exit code and the end of what it printed', async () => {
  const script = 'echo one; echo two >&2; echo three >&2; exit 7'
  const { status, reason, commands, output } = outcomeOf(await work(shell => shell.act`sh -c ${script}`), 'work')
  assert.equal(status, 'failed')
  assert.equal(reason, 'sh ended with exit code 7: two / three')
  assert.equal(commands[0]!.exitCode, 7)
  assert.deepEqual(output.toSorted(), ['one', 'three', 'two'])
})

test('a command that is not there fails the step and is named', async () => {
  const { reason } = outcomeOf(await work(shell => shell.act`holdfast-no-such-program`), 'work')
  assert.match(reason!, /holdfast-no-such-program ended with exit code 127: .*not found/)
})

test('allow makes an exit code no failure, and explain gives a failure its words', async () => {
  const allowed = await work(shell => shell.with({ allow: [3] }).act`sh -c ${'exit 3'}`)
  assert.equal(outcomeOf(allowed, 'work').status, 'done')
  const explained = await work(
    shell => shell.with({ explain: ({ exitCode }) => new Error(`it said ${exitCode}`) }).act`sh -c ${'exit 3'}`,
  )
  assert.equal(outcomeOf(explained, 'work').reason, 'it said 3')
})

test('every line reaches the events, the last without a newline too, and no character is cut in two', async () => {
  const script = "printf 'first\\nsecond\\r\\n\\303'; sleep 0.1; printf '\\251 last'"
  const { events } = await work(shell => shell.act`sh -c ${script}`)
  assert.deepEqual(
    events.flatMap(event => (event.kind === 'line' ? [event.text] : [])),
    ['first', 'second', 'é last'],
  )
})

test('a secret reaches a program by environment and input, and no record of any kind shows it', async () => {
  const [given, typed, hidden, longer] = ['s3cret-env', 's3cret-input', 'known-before', 'known-before-and-more']
  const seen = join(folder, 'seen')
  const script = `printf '%s ' "$KEY" > "$1"; cat >> "$1"; echo "so $KEY it is"; cat "$1"; echo ${longer}; echo ${hidden} >&2; exit 1`
  const performed = await work(
    async shell => {
      shell.note('info', `about ${hidden}`)
      await shell.with({ env: { KEY: new Secret(given) }, input: new Secret(typed) }).act`sh -c ${script} tell ${seen}`
    },
    { secrets: [new Secret(hidden), new Secret(longer)] },
  )
  assert.equal(readFileSync(seen, 'utf8'), `${given} ${typed}`)
  const everything = JSON.stringify(performed)
  for (const text of [given, typed, hidden, 'and-more']) assert.ok(!everything.includes(text), `${text} in ${everything}`)
  assert.ok(everything.includes('so [secret] it is'))
  assert.deepEqual(notesOf(performed), ['info: about [secret]'])
  assert.ok(linesOf(performed)[0]!.includes('[secret]'))
})

test('a secret that a step came upon is hidden from then on, in the reason of a failure too', async () => {
  const { reason } = outcomeOf(
    await work(async shell => {
      shell.hide(new Secret('found-on-the-way'))
      throw new Error('cannot log in with found-on-the-way')
    }),
    'work',
  )
  assert.equal(reason, 'cannot log in with [secret]')
})

test('Secret shows nothing of itself, however it is printed', () => {
  const secret = new Secret('hunter2')
  const printed = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }),
    inspect(secret, { showHidden: true }),
  ]
  assert.deepEqual(
    printed.filter(text => text.includes('hunter2')),
    [],
  )
  assert.equal(secret.reveal(), 'hunter2')
})

test('a command inherits nothing of the environment that could be secret', async () => {
  process.env.HOLDFAST_TEST_TOKEN = 'inherited'
  let environment = ''
  await work(async shell => {
    environment = await shell.with({ env: { GIVEN: 'yes' } }).ask(String)`env`
  })
  delete process.env.HOLDFAST_TEST_TOKEN
  assert.match(environment, /^GIVEN=yes$/m)
  assert.match(environment, /^LC_ALL=C\.UTF-8$/m)
  assert.match(environment, /^PATH=/m)
  assert.doesNotMatch(environment, /TOKEN|npm_/)
})

test('a command with a text for its standard input does not read ~/.bashrc', async () => {
  const home = mkdtempSync(join(tmpdir(), 'holdfast-home-'))
  writeFileSync(join(home, '.bashrc'), 'echo from .bashrc\n')
  let said = ''
  await work(async shell => {
    said = await shell.with({ env: { HOME: home }, input: 'hello' }).ask(String)`cat`
  })
  rmSync(home, { recursive: true })
  assert.equal(said, 'hello')
})

test('with() adds to what was said before', async () => {
  let said = ''
  await work(async shell => {
    const one = shell.with({ env: { A: 'a' }, cwd: folder })
    said = await one.with({ env: { B: 'b' } }).ask(String)`sh -c ${'echo $A$B $PWD'}`
  })
  assert.equal(said, `ab ${folder}\n`)
})

test('nothing that a program prints, and no name in a title, can move a cursor, turn a text round or begin a line', async () => {
  const script = "printf 'ok\\033[2J\\033]0;x\\007\\n\\342\\200\\256txt\\n'; printf 'ERROR \\033[1AType next: rm\\n' >&2; exit 3"
  const done = await perform(
    recipe<object>().do({ name: 'work', title: 'Ask bl\u001b[31mog', run: (_, shell) => shell.act`sh -c ${script}` }),
    {},
  )
  const { title, reason, output } = outcomeOf(done, 'work')
  assert.equal(title, 'Ask blog')
  assert.equal(reason, 'sh ended with exit code 3: ERROR Type next: rm')
  assert.deepEqual(output.toSorted(), ['?txt', 'ERROR Type next: rm', 'ok'])
  assert.doesNotMatch(JSON.stringify(done.events), /\\u001b|\u202e/)
})

test('a run that keeps no list of commands tells of each as it runs all the same', async () => {
  const told: string[] = []
  const onEvent = (event: RunEvent): void => void (event.kind === 'command' && told.push(event.command.line))
  const run = new Run({ dry: false, stop: new AbortController().signal, now: Date.now, onEvent, forgetsCommands: true })
  const echo = (_: object, shell: Shell) => shell.act`true ${'said'}`
  await runTree(recipe<object>().do({ name: 'work', title: 'Work', run: echo }), {}, run)
  assert.deepEqual([told, run.outcomes[0]?.status, run.outcomes[0]?.commands], [['true said'], 'done', []])
})
