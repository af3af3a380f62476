import { readdirSync, readFileSync } from 'node:fs'

/** Whether a process runs; one that has ended and waits for its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

/** Waits until something holds. @throws when it does not within so many milliseconds */
export async function until(holds: () => boolean | Promise<boolean>, patience = 20_000): Promise<void> {
  const end = Date.now() + patience
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`it did not come to be within ${patience} ms: ${holds}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** The command lines of all processes of the machine, by process id. Kernel threads and this very process left out. */
export function commandLines(): Map<number, string> {
  const found = new Map<number, string>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'latin1')
      if (line !== '') found.set(Number(name), Buffer.from(line, 'latin1').toString('utf8'))
    } catch {
      // it has ended meanwhile
    }
  }
  return found
}

/** The processes that work on shares for this one. */
export const shareProcesses = (): number[] =>
  [...commandLines()]
    .filter(([pid, line]) => line.includes('share-worker.ts') && isAlive(pid))
    .map(([pid]) => pid)
    .filter(pid => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[1] === String(process.pid))

/** Those that live and have this text in their command line, working directory or environment: what a run in a folder left behind. */
export function processesWith(text: string): string[] {
  return [...commandLines()].flatMap(([pid, line]) => {
    if (!isAlive(pid)) return []
    const told = [line, readOr(`/proc/${pid}/environ`)].some(each => each.includes(text))
    return told ? [`${pid} ${line.replaceAll('\0', ' ')}`] : []
  })
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
