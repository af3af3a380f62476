import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** What a person at a terminal does: types keys, or goes away; or a signal comes. */
export type Doing = { readonly keys: string } | { readonly signal: number } | 'hang up'

const DRIVER = `
import json, os, pty, sys
wanted, doing, words = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(words[0], words)
said = b''
while True:
    try:
        more = os.read(terminal, 65536)
    except OSError:
        break
    if not more: break
    said += more
    if wanted is not None and wanted.encode() in said:
        wanted = None
        if doing == 'hang up':
            os.close(terminal)
            break
        if 'keys' in doing: os.write(terminal, doing['keys'].encode())
        else: os.kill(pid, doing['signal'])
_, status = os.waitpid(pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), said.decode(errors='replace')]))
`

/** Runs a program on a terminal of its own; once it has said something, the person does something. Gives its exit code (or the negative number of the signal that killed it) and what it said. */
export async function onTerminal(
  words: readonly string[],
  said: string,
  doing: Doing,
): Promise<{ readonly code: number; readonly said: string }> {
  const child = spawn('python3', ['-c', DRIVER, JSON.stringify([said, doing, words])], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [code, all] = JSON.parse(await text(child.stdout)) as [number, string]
  return { code, said: all }
}
