import { readdirSync, readFileSync } from 'node:fs'

/** What the kernel tells of a process in one line (proc(5), `stat`), as far as it is wanted here. */
interface Process {
  readonly pid: number
  readonly parent: number
  readonly group: number
  /** Ticks of processor time that it used, and those of its children that have ended. */
  readonly ticks: string
}

/**
 * What a process and all that it started have done so far, as a text: as long as it stays the same, none of them has
 * used processor time, read or written. What waits (for a server, for a disk, for another process that waits) does
 * nothing of that. The kernel is asked, and not the programs.
 */
export function activityOf(root: number): string {
  const all = allProcesses()
  const children = Map.groupBy(all, ({ parent }) => parent)
  const below = ({ pid }: Process): Process[] => (children.get(pid) ?? []).flatMap(child => [child, ...below(child)])
  const own = all.filter(({ pid, group }) => pid === root || group === root)
  const found = new Map([...own, ...own.flatMap(below)].map(each => [each.pid, each]))
  return [...found.values()].map(({ pid, ticks }) => `${pid} ${ticks} ${bytesOf(pid)}`).join('\n')
}

function allProcesses(): Process[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      const line = readOrNothing(`/proc/${name}/stat`)
      // its own name, in brackets, may hold anything
      const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
      return fields.length < 15 || fields[0] === 'Z'
        ? []
        : [{ pid: Number(name), parent: Number(fields[1]), group: Number(fields[2]), ticks: fields.slice(11, 15).join(' ') }]
    })
}

/**
 * Bytes that it has read and written, by calls and on disks. Of others' processes only root is told: their processor
 * time must do then.
 */
const bytesOf = (pid: number): string => (readOrNothing(`/proc/${pid}/io`).match(/\d+/g) ?? []).join(' ')

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it has ended, or may not be looked at
  }
}
