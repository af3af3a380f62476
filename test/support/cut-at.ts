/**
 * Preloaded into a task (`node --import`): counts what it does to the world, before and after each step, each change of a share, and each file that is
 * put in place; at one of these points the power fails, or the archive goes away. What it needs to know is in `HOLDFAST_CUT`, as JSON.
 */
import fs, { appendFileSync, renameSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { Run } from '../../lib/engine/run.ts'
import { ShareFiles } from '../../lib/store/share-files.ts'

export interface Cut {
  /** At which point, the first being 1; with 0 they are only counted. */
  readonly at: number
  /** A file into which the point that was met is written. */
  readonly met: string
  /** The archive that goes away; where it is undefined, the power fails. */
  readonly archive?: string
}

type Method = (...args: unknown[]) => unknown

function listen({ at, met, archive }: Cut): void {
  const rename = renameSync
  let count = 0
  const point = (name: string): void => {
    count++
    if (count !== at) return
    appendFileSync(met, `${at} ${name}\n`)
    if (archive === undefined) process.kill(process.pid, 'SIGKILL')
    else rename(archive, `${archive}-away`)
  }
  const around = (of: object, name: string, nameOf: (args: readonly unknown[]) => string): void => {
    const methods = of as Record<string, Method>
    const original = methods[name]!
    methods[name] = function (this: unknown, ...args: unknown[]): unknown {
      const what = nameOf(args)
      point(`before ${what}`)
      const answer = original.apply(this, args)
      const after = (): void => point(`after ${what}`)
      if (answer instanceof Promise) return answer.finally(after)
      after()
      return answer
    }
  }
  around(Run.prototype, 'do', ([work]) => `${(work as { step: string }).step} ${(work as { phase: string }).phase}`)
  for (const change of ['write', 'create', 'makeFolder', 'makeFolderWith', 'rename', 'remove'])
    around(ShareFiles.prototype, change, ([name]) => `${change} ${name}`)
  around(fs, 'renameSync', ([, to]) => `put in place ${to}`)
  syncBuiltinESMExports()
  if (at === 0) process.on('exit', () => appendFileSync(met, `${count}`))
}

if (process.env.HOLDFAST_CUT !== undefined) listen(JSON.parse(process.env.HOLDFAST_CUT) as Cut)
