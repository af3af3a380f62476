/**
 * A run that waits, made of Holdfast's own `main` and a recipe of one step: `node waits.ts WHAT FILE --host NAME --inventory FOLDER`. It waits for a FIFO to be opened by somebody
 * (`fifo`), for a promise that nobody keeps (`nothing`), or for a program that lets no signal end it (`program`).
 */
import { open } from 'node:fs/promises'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Shell } from '../../lib/engine/shell.ts'
import { main, type Start } from '../../lib/main.ts'
import { lock } from '../../lib/steps/lock.ts'

const [what = '', file = ''] = process.argv.splice(2, 2)
const WAITS: Record<string, (shell: Shell) => Promise<unknown>> = {
  fifo: () => open(file),
  nothing: () => new Promise(() => setInterval(() => {}, 1000)),
  program: shell => shell.act`sh -c ${`trap '' TERM INT HUP; while :; do sleep 1; done`}`,
}
const wait = recipe<Start>()
  .hold(lock)
  .do({
    name: 'wait',
    title: 'Wait',
    run: async (_: object, shell: Shell): Promise<void> => {
      process.stderr.write('it waits\n')
      await WAITS[what]!(shell)
    },
  })
await main({ name: 'wait', about: 'It waits.' }, wait)
