import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import type { Midway, Said } from './lab.ts'

/**
 * Runs a command to its end and gives what it said, both streams in one; `midway.act` begins when a line matches.
 * @param input what is on its standard input
 * @throws when what was to happen midway failed
 */
export async function said(words: readonly string[], input: string, midway?: Midway): Promise<Said> {
  const began = Date.now()
  const child = spawn(words[0]!, words.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] })
  const aside = text(child.stderr)
  child.stdin.end(input)
  const ended = new Promise<number>(resolve => child.on('close', code => resolve(code ?? -1)))
  const lines: string[] = []
  let acted: Promise<unknown> | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (!midway || acted !== undefined || !midway.when.test(line)) continue
    acted = midway.act()
    acted.catch(() => {}) // it is awaited, and thrown, in the end
  }
  const code = await ended
  if (midway && acted === undefined) lines.push(`(nothing matched ${midway.when})`)
  await acted
  lines.push(...(await aside).split('\n').filter(line => line !== '')) // of what ran the command: such as that its host was cut off
  return { code, text: lines.join('\n'), seconds: (Date.now() - began) / 1000 }
}
