import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { startAsNobody } from './nobody.ts'

/** How many times a race is run: in CI a sample of each, HOLDFAST_RACES=1000 and more by hand. */
export const RACES = Number(process.env.HOLDFAST_RACES ?? 50)

const LOOP = `
const { renameSync, writeSync } = require('node:fs')
const [name] = process.argv.slice(1)
process.stdin.on('data', () => {}).on('end', () => process.exit())
let count = 0
const move = (from, to) => {
  try {
    renameSync(from, to)
  } catch {
    // something was made in its place meanwhile: out of the way with it
    try { renameSync(to, to + '.made' + count++) } catch {}
    try { renameSync(from, to) } catch {}
  }
}
const turn = () => {
  for (let i = 0; i < 50; i++) {
    move(name, name + '.true'); move(name + '.false', name)
    move(name, name + '.false'); move(name + '.true', name)
  }
  if (count++ === 0) writeSync(1, 'begun')
  setImmediate(turn)
}
turn()
`

/** Somebody who exchanges `NAME` in a folder for `NAME.false` and back, as often as can be, until it is disposed of. */
export interface Exchanger extends AsyncDisposable {
  readonly child: ChildProcess
}

/** Begins to exchange. Where the tests are root's, the folder must be that of user 65534; the way to it need not be open to them. */
export async function startExchanger(folder: string, name: string): Promise<Exchanger> {
  const child = startAsNobody(LOOP, [name], { cwd: folder })
  const died = once(child, 'exit').then(() => Promise.reject(new Error('nobody exchanges anything: the process ended')))
  await Promise.race([once(child.stdout, 'data'), died])
  died.catch(() => {})
  return {
    child,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}
