import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { faketime, faketimeText } from './faketime.ts'
import { fakeProgram } from './programs.ts'

/** Real duplicity that believes in another time. */
export interface DatedDuplicity {
  /** The program to call instead of `duplicity`. */
  readonly program: string
  /** Sets the time of the next calls (ms since the epoch). It stands still: a slow start would date a set a second later. */
  readonly setClock: (time: number) => void
}

/** Makes it in a folder of its own, in which all lies that it needs: a sandbox shows nothing else. Its version is the one on PATH. */
export function datedDuplicity(folder: string): DatedDuplicity {
  const clock = join(folder, 'clock')
  const faked = Object.entries(faketime()).map(([name, value]) => `${name}=${value}`)
  fakeProgram(folder, 'duplicity', `exec env ${faked.join(' ')} FAKETIME="$(cat '${clock}')" duplicity "$@"`)
  return { program: join(folder, 'duplicity'), setClock: time => writeFileSync(clock, faketimeText(time)) }
}
