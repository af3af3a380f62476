import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { duplicity3 } from './duplicity3.ts'
import { faketime } from './faketime.ts'

/** Real duplicity behind a program that starts at once. */
export interface DuplicityServer extends AsyncDisposable {
  readonly major: 0 | 3
  /** The program to call instead of `duplicity`. */
  readonly program: string
  /** Sets the time that the next calls believe in (ms since the epoch). */
  readonly setClock: (time: number) => Promise<void>
}

const SCRIPT = join(import.meta.dirname, 'duplicity-server.py')

/**
 * Starts a server of one version: it has imported duplicity, and forks for each call. For tests of hundreds of calls.
 * @param folder a new folder for its socket, clock and program
 */
export async function startDuplicity(major: 0 | 3, folder: string): Promise<DuplicityServer> {
  const home = join(folder, 'gnupg')
  await mkdir(home, { recursive: true, mode: 0o700 })
  const [socket, clock, program] = [join(folder, 'socket'), join(folder, 'clock'), join(folder, 'duplicity')]
  await writeFile(clock, '')
  // all that the program needs lies beside it, where a sandbox shows it
  const script = join(folder, 'server.py')
  await copyFile(SCRIPT, script)
  await writeFile(program, `#!/bin/sh\nexec /usr/bin/python3 -ISE '${script}' --call '${socket}' "$@"\n`, { mode: 0o755 })
  const { LD_PRELOAD, ...faked } = faketime()
  const words = ['/usr/bin/env', `LD_PRELOAD=${LD_PRELOAD}`, '/usr/bin/python3', '-E', SCRIPT, socket, clock]
  const command = major === 3 ? [join(await duplicity3(), 'enter'), ...words] : words
  const env = { PATH: process.env.PATH, ...faked, FAKETIME: '+0', FAKETIME_NO_CACHE: '1', LC_ALL: 'C.UTF-8' }
  const server = spawn(command[0]!, command.slice(1), { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(server, 'exit')
  const ready = await Promise.race([once(server.stdout, 'data').then(() => true), ended.then(() => false)])
  if (!ready) throw new Error(`the duplicity server of version ${major} did not start`)
  return {
    major,
    program,
    setClock: time => writeFile(clock, String(time)),
    [Symbol.asyncDispose]: async () => {
      server.stdin.end()
      await ended
      await promisify(execFile)('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'])
    },
  }
}
