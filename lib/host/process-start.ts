import { readFileSync } from 'node:fs'

/**
 * When a process began, in the kernel's clock ticks since boot, with the boot's id (proc(5)): together with the process
 * id this names one process for ever, while the id alone is used again. Undefined when there is no such process.
 */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // the second field is the program's name in brackets, which may hold anything; the start time is the 22nd field
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${ticks}`
  } catch {
    return undefined
  }
}
