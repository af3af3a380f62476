import { closeSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT } from '../core/outcome.ts'
import { cannotWrite, messageOf } from '../core/wording.ts'
import type { Running } from '../engine/background.ts'
import type { Shell } from '../engine/shell.ts'
import type { Hold, Step } from '../engine/step.ts'
import { isHeld, type LockInfo, openLock, readLock, sign } from '../host/locks.ts'
import { removeScratch } from '../host/scratch.ts'
import { removeUnfinished } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { readJournal } from '../restore/journal.ts'
import { leftBehind } from '../restore/left-behind.ts'
import type { Needs } from '../store/facts.ts'

class Locked extends Error {
  readonly asExitCode = EXIT.locked
}

/** The lock file's descriptor is the first. The kernel keeps the lock as long as they are open. */
type Lock = { readonly lock: { readonly descriptors: readonly number[]; readonly isSigned: boolean } } & Needs<'interrupted'>

/**
 * One run a host. The lock is the kernel's (flock), so a dead run never holds it; the file's text says who has it. Text
 * found in a lock that nobody holds is the trace of a run that was interrupted: the run then goes straight to backup
 * (S16). The lock itself needs no room: a disk that is full or read-only keeps no run from its work. The folder is
 * locked besides the file: a run that could make no file has nothing else, and once the disk can be written, the next
 * run makes one.
 */
export const lock = lockThat('clears the trace')

/** The same for a run that makes no backup: the trace of an interrupted one is there for the next that does. */
export const lockAndKeepTrace = lockThat('keeps the trace')

function lockThat(what: 'clears the trace' | 'keeps the trace'): Hold<Needs<'host' | 'request'>, Lock> {
  return {
    name: 'lock',
    title: 'Lock',
    isLock: true,
    up: async ({ host, request }, shell) => {
      const file = join(host.paths.state, 'lock')
      const { descriptors, readOnly } = openLock(host.paths.state, file)
      try {
        await flock(descriptors, shell)
      } catch (error) {
        const holder = readLock(file)
        for (const each of descriptors) closeSync(each)
        if (!isHeld(error)) throw error
        throw new Locked(`another run holds ${file}: ${holder ? describe(holder) : 'it does not say who'}`)
      }
      const left = readLock(file)
      const interrupted = left?.interrupted ?? left
      if (interrupted && what === 'clears the trace')
        shell.note('warning', `the last run was interrupted: ${describe(interrupted)}; no pruning in this one`)
      const me = { host: host.name, pid: process.pid, start: new Date(shell.now()).toISOString() }
      let isSigned = false
      try {
        if (readOnly) throw readOnly
        if (!request.dryRun) sign(descriptors[0]!, interrupted && what === 'keeps the trace' ? { ...me, interrupted } : me)
        isSigned = !request.dryRun
      } catch (error) {
        const { message } = cannotWrite(file, error)
        if (!request.dryRun)
          shell.note('problem', `${message}. The run goes on; should it be interrupted, the next one will not know`)
      }
      return { interrupted, lock: { descriptors, isSigned } }
    },
    down: async ({ host, lock, interrupted, request }, shell) => {
      if (!lock) return
      try {
        if (!request.dryRun) sign(lock.descriptors[0]!, what === 'keeps the trace' ? interrupted : undefined)
      } catch (error) {
        const { message } = cannotWrite(join(host.paths.state, 'lock'), error)
        if (lock.isSigned) shell.note('problem', `${message}. The next run will take this one for interrupted`)
      }
      for (const each of lock.descriptors) closeSync(each)
    },
  }
}

/** The first must be locked. Some file systems lock no folder (NFS): the file, which comes before it, tells there. */
const LOCK_ALL = `take() { flock --nonblock --conflict-exit-code 75 "$1"; }
  take "$1" || exit
  shift
  for other do take "$other"; [ $? -ne 75 ] || exit 75; done`

/** Locks all of them, for this process. @throws when another holds one, see {@link isHeld} */
async function flock(descriptors: readonly number[], shell: Shell): Promise<void> {
  const [first, ...others] = descriptors.map((_, index) => 3 + index)
  await shell.with({ inherit: descriptors }).act`sh -c ${LOCK_ALL} lock ${first!} ${others}`
}

const describe = (info: LockInfo): string => `${info.host}, process ${info.pid}, since ${info.start}`

/**
 * Shutdown, sleep and idleness are inhibited for the run (S31), with a reason that a person sees who tries it. logind
 * keeps the lock for as long as systemd-inhibit lives, and that lives until its standard input ends: with the hold, or
 * with this process, however it ends. Where there is no logind the run goes on all the same: it is safe to be killed
 * (S16).
 */
export const inhibit: Hold<Needs<'host'>, { inhibitor: Running | undefined }> = {
  name: 'inhibit',
  title: 'Inhibit shutdown and sleep',
  up: async ({ host }, shell) => {
    const why = `the backup of ${host.name} is running; it will end by itself`
    const options = ['--what=shutdown:sleep:idle', '--who=Holdfast', `--why=${why}`, '--mode=block']
    try {
      const inhibitor = await shell.begin`systemd-inhibit ${options} sh -c ${'echo held; exec cat'}`
      shell.note('info', 'shutdown, sleep and idle are inhibited until it has ended')
      return { inhibitor }
    } catch (error) {
      shell.note('warning', `nothing keeps this machine from being shut down meanwhile: ${messageOf(error)}`)
      return { inhibitor: undefined }
    }
  },
  down: async ({ inhibitor }) => inhibitor?.end(),
}

/** The sites whose interrupted restore was rolled back at the beginning of this run. */
export interface RolledBack {
  readonly rolledBack: readonly string[]
}

/**
 * Finishes what restores of earlier runs left: one that was cut short is rolled back, and what was kept for long enough
 * is removed. A site that cannot be rolled back now (the database server is down) is left alone by the rest of the run:
 * its role says so.
 */
export const rollBackInterrupted: Step<Needs<'host' | 'secrets' | 'request'>, RolledBack> = {
  name: 'roll-back',
  title: 'Roll back interrupted restores',
  run: async ({ host, secrets, request }, shell) => {
    const rolledBack: string[] = []
    if (!request.dryRun) {
      removeScratch(host)
      removeUnfinished(host.paths.state)
    }
    for (const site of sitesWithJournal(join(host.paths.state, 'restores'))) {
      if (request.dryRun) continue
      try {
        const { rollBackTransaction, tidy } = await import('../restore/transaction.ts')
        const context = { host, secrets, shell }
        const taken = await rollBackTransaction(context, site)
        if (taken) {
          rolledBack.push(site)
          const also = taken.phase === 'kept' ? `; what was live meanwhile is kept in ${taken.holdings[0]}` : ''
          shell.note('significant', `${site}: an interrupted restore was rolled back; the site is as it was before${also}`)
        }
        await tidy(context, site)
      } catch (error) {
        const isPending = isUnfinished(host, site)
        const what = isPending
          ? 'an interrupted restore cannot be rolled back yet, and the site is left alone until it is'
          : 'what an earlier restore kept cannot be removed yet'
        shell.note('problem', `${site}: ${what}: ${messageOf(error)}`)
      }
    }
    if (!request.dryRun) for (const text of await leftBehind({ host, secrets, shell })) shell.note('warning', text)
    return { rolledBack }
  },
}

/** A journal that cannot be read may hold an interrupted restore. */
function isUnfinished(host: Host, site: string): boolean {
  try {
    return readJournal(host, site).pending !== undefined
  } catch {
    return true
  }
}

function sitesWithJournal(folder: string): string[] {
  try {
    const files = readdirSync(folder).filter(name => name.endsWith('.json'))
    return files.map(name => decodeURIComponent(name.slice(0, -'.json'.length))).toSorted()
  } catch {
    return []
  }
}
