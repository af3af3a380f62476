import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Writes a shell script that stands for a program, into a folder for the front of PATH. `REAL` in it is the PATH without that folder. */
export function fakeProgram(folder: string, name: string, script: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), `#!/bin/bash\nREAL='${realPath()}'\n${script}\n`)
  chmodSync(join(folder, name), 0o755)
}

const realPath = (): string => (process.env.PATH ?? '').replaceAll("'", '')

/** A PATH that begins with this folder. */
export const pathWith = (folder: string): string => `${folder}${delimiter}${process.env.PATH}`

/** Does something in this process while PATH begins with a folder. */
export async function whilePathHas<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const before = process.env.PATH
  process.env.PATH = pathWith(folder)
  try {
    return await work()
  } finally {
    process.env.PATH = before
  }
}
