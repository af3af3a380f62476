import { join } from 'node:path'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'

/**
 * What only one of several hosts can have, in an archive that all of them write to: a folder with one file in it, whose name says who has it. Made beside and renamed, so it is
 * never there without that file; and rename(2) puts no folder over one that is not empty, and no file of a name that is gone anywhere, on any kind of share.
 */
export interface Taken {
  readonly name: string
  /** What is written in it, to 64 bytes. */
  readonly text: string
}

/** Seconds that a look at a share may take. */
const LOOK = 60

const READ =
  'if [ -L "$1" ] || ! [ -d "$1" ]; then exit 0; fi; cd "$1" || exit; for f in *; do [ ! -L "$f" ] && [ -f "$f" ] && echo "$f $(head -c 64 <"$f")"; done; exit 0'
const TAKE =
  'new=$(mktemp -d "$1.XXXXXXXX") && printf %s "$3" >"$new/$2" && mv -T "$new" "$1" && exit; [ -z "$new" ] || rm -rf "$new"; exit 9'
const REPLACE = 'cd "$1" && for f in *; do [ "$f" = "$2" ] || rm -f -- "$f"; done; printf %s "$3" >"$2"'

/** Who has it; undefined where nobody took it. @throws when the archive cannot be read, or several have it */
export async function readTaken(folder: string, shell: Shell): Promise<Taken | undefined> {
  const found = await shell.with({ timeout: LOOK, onLine: () => {} }).ask(takenIn)`sh -c ${READ} look ${folder}`
  if (found.length > 1)
    throw new Error(`${folder} holds ${found.length} files, wanted one: look at who made them, and remove all others`)
  return found[0]
}

function takenIn(text: string): Taken[] {
  return text.split('\n').flatMap(line => {
    const [, name, said = ''] = /^([\w.-]+) (.*)$/.exec(line) ?? []
    return name === undefined ? [] : [{ name, text: said }]
  })
}

/** Takes it. Gives whether it could: of all that try, one; nobody on a full archive. */
export async function take(folder: string, { name, text }: Taken, shell: Shell): Promise<boolean> {
  return await could(shell.with({ timeout: LOOK }).act`sh -c ${TAKE} take ${folder} ${name} ${text}`, 9)
}

/** Hands it on from a name to another. Gives whether it could: of all that try with the first name, one. */
export async function passOn(folder: string, from: string, to: string, shell: Shell): Promise<boolean> {
  return await could(shell.with({ timeout: LOOK }).act`mv -T ${join(folder, from)} ${join(folder, to)}`, 1)
}

/** Takes it from whoever has it: a person wants it so. */
export async function takeFrom(folder: string, { name, text }: Taken, shell: Shell): Promise<void> {
  await shell.with({ timeout: LOOK }).act`sh -c ${REPLACE} take ${folder} ${name} ${text}`
}

async function could(work: Promise<void>, refusal: number): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (error instanceof CommandFailed && error.exitCode === refusal) return false
    throw error
  }
}
