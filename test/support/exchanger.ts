import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** How many times a race is run: in CI a sample of each, HOLDFAST_RACES=1000 and more by hand. */
export const RACES = Number(process.env.HOLDFAST_RACES ?? 200)

/** Who attacks: `nobody`, where the tests are root's. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

const LOOP = `
const { renameSync, writeSync } = require('node:fs')
const [folder, name] = process.argv.slice(1)
process.chdir(folder)
process.stdin.on('data', () => {}).on('end', () => process.exit())
let count = 0
const turn = () => {
  for (let i = 0; i < 50; i++) {
    renameSync(name, name + '.true'); renameSync(name + '.false', name)
    renameSync(name, name + '.false'); renameSync(name + '.true', name)
  }
  if (count++ === 0) writeSync(1, 'begun\\n')
  setImmediate(turn)
}
turn()
`

/** Somebody who exchanges `NAME` in a folder for `NAME.false` and back, as often as can be, until it is disposed of. */
export interface Exchanger extends AsyncDisposable {
  readonly child: ChildProcess
}

/** Begins to exchange. Where the tests are root's, the folder must be that of user 65534. */
export async function startExchanger(folder: string, name: string): Promise<Exchanger> {
  const child = spawn(process.execPath, ['-e', LOOP, folder, name], { stdio: ['pipe', 'pipe', 'inherit'], ...NOBODY })
  await once(child.stdout, 'data')
  return {
    child,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}
