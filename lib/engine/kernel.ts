import { readdirSync, readFileSync } from 'node:fs'

/** When a process began: with its id this names it for ever. Undefined when there is no such process. */
export function processStart(pid: number): string | undefined {
  const ticks = statOf(pid)[19]
  return ticks && `${bootId()} ${ticks}`
}

/** Another one each time that this machine starts. */
export const bootId = (): string => readOrNothing('/proc/sys/kernel/random/boot_id').trim()

/** All mounts that this process sees (`mountinfo` of proc(5)). Reading it never hangs, whatever server is dead. */
export const mountTable = (): string => readFileSync('/proc/self/mountinfo', 'utf8')

/** Signals a group of processes, if it still is. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // the group has ended
  }
}

/** A process, as far as it is wanted here. */
interface Process {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** Ticks of processor time that it used, and those of its children that have ended. */
  readonly ticks: string
}

/** What a process and all that it started have done: the same text again means no processor time, and nothing read. */
export function activityOf(root: number): string {
  const all = allProcesses()
  const children = Map.groupBy(all, ({ parent }) => parent)
  const below = ({ pid }: Process): Process[] => (children.get(pid) ?? []).flatMap(child => [child, ...below(child)])
  const own = all.filter(({ pid, group }) => pid === root || group === root)
  const found = new Map([...own, ...own.flatMap(below)].map(each => [each.pid, each]))
  return [...found.values()].map(({ pid, ticks }) => `${pid} ${ticks} ${bytesOf(pid)}`).join('\n')
}

function allProcesses(): Process[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.map(Number).flatMap(pid => {
    const [state, parent, group, ...fields] = statOf(pid)
    const isAlive = fields.length > 11 && state !== 'Z'
    return isAlive ? [{ pid, parent: Number(parent), group: Number(group), ticks: fields.slice(8, 12).join(' ') }] : []
  })
}

/** Bytes that it has read and written, by calls and on disks. Of others' processes only root may know. */
const bytesOf = (pid: number): string => (readOrNothing(`/proc/${pid}/io`).match(/\d+/g) ?? []).join(' ')

/** The fields of `stat` after the program's name in brackets, which may hold anything; none for no such process. */
function statOf(pid: number): string[] {
  const line = readOrNothing(`/proc/${pid}/stat`)
  return line === '' ? [] : line.slice(line.lastIndexOf(')') + 2).split(' ')
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it has ended, or may not be looked at
  }
}
