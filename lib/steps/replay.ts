import { join } from 'node:path'
import { parseInterval } from '../core/age.ts'
import { type LastReplay, planReplay, type ReplayPlan } from '../core/replay-plan.ts'
import type { RestorePoint } from '../core/restore-point.ts'
import { counted, formatBytes, messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { removeTree } from '../host/special-files.ts'
import { writeWhole } from '../host/whole-file.ts'
import { differenceOfTrees } from '../replay/compare.ts'
import { digestOf } from '../replay/entries.ts'
import type { Replaced } from '../replay/replaced-tree.ts'
import { type Replayed, replayTree } from '../replay/replay.ts'
import { ABOUT, takeReplaced } from '../restore/replaced-tree.ts'
import type { Restoring } from '../restore/transaction.ts'
import type { Needs } from '../store/facts.ts'
import type { ListedTree, MadeOfLast } from './list-restored.ts'
import { type Fetches, restoreFiles } from './restore-data.ts'

type Replays = Fetches & Needs<'request'>

/** What is known of the new tree, and of the one that it replaces where it was made of that. */
export type Proven = {
  /** When it was last restored whole, ms since the epoch. */
  readonly provenAt: number
  readonly replaced: Replaced | undefined
}

/**
 * Phase (a) for a replica: its last tree with what the newest sets changed, where nothing speaks against it; else the
 * whole set. From time to time both are made, and compared.
 */
export const replayFiles: Step<Replays, Proven & MadeOfLast> = {
  name: restoreFiles.name,
  title: restoreFiles.title,
  run: async (facts, shell) => {
    const plan = planOf(facts, shell)
    const now = shell.now()
    if (plan.kind === 'newest sets') {
      const { sets, last } = plan
      const what = counted(sets.length, 'set')
      let made: Replayed | undefined
      await shell.act(`apply the newest ${what} to a copy of ${facts.site.folder}`, async () => {
        made = await applied(facts, plan, shell)
      })
      const { provenAt } = last
      if (facts.request.dryRun) return { provenAt, madeOfLast: undefined, replaced: undefined }
      if (made && !plan.prove) {
        const replaced = { digest: last.tree, changed: made.changed }
        return { provenAt, madeOfLast: made.lines, replaced }
      }
      // which can take hours, in which somebody may change the live one
      if (made) return { provenAt: await proven(facts, last, shell), madeOfLast: undefined, replaced: undefined }
    } else shell.note('info', `restored whole: ${plan.reason}`)
    await restoreFiles.run(facts, shell)
    return { provenAt: now, madeOfLast: undefined, replaced: undefined }
  },
}

function planOf({ host, site, siteArchive, point }: Fetches, shell: Shell): ReplayPlan {
  return planReplay({
    last: site.local && readRecord(host, site.name).replay,
    point,
    isRemote: siteArchive.folder === undefined,
    provenEvery: parseInterval(host.provenEvery) * 1000,
    now: shell.now(),
  })
}

type ToApply = Extract<ReplayPlan, { kind: 'newest sets' }>

/** What was made, if it could be. Nothing of it is left where it could not. */
async function applied(facts: Fetches, plan: ToApply, shell: Shell): Promise<Replayed | undefined> {
  const { host, secrets, restoring, site } = facts
  // a second set would find it with its owner's folders again, in which a process may be at work
  const isTaken = plan.sets.length === 1
  const taken = isTaken ? await takeReplaced({ host, secrets, shell }, site.name, restoring) : undefined
  const cleared = taken?.clear()
  cleared?.catch(() => {}) // it is waited for
  try {
    return await madeOf(facts, plan, taken?.about, shell)
  } finally {
    await cleared
  }
}

async function madeOf(facts: Fetches, { sets, last }: ToApply, taken: string | undefined, shell: Shell) {
  const { restoring } = facts
  for (let about = taken; ; about = undefined) {
    try {
      const made = await replayTree({ facts, last, sets, into: restoring.tree, about }, shell)
      const read = formatBytes(made.read)
      shell.note('info', `made of the replica's last tree and the newest ${counted(sets.length, 'set')}: ${read} read`)
      return made
    } catch (error) {
      if (shell.stop.aborted) throw error
      await removeMade(restoring, 'tree', shell)
      if (about === undefined) {
        shell.note('info', `restored whole: ${messageOf(error)}`)
        return undefined
      }
      shell.note('info', `not made in the tree before the last one: ${messageOf(error)}`)
    }
  }
}

/**
 * Restores the whole set beside what was made; what it holds counts where the two differ. Gives when it was proven.
 */
async function proven(facts: Fetches, last: LastReplay, shell: Shell): Promise<number> {
  const { host, restoring } = facts
  const whole = join(restoring.holding, 'whole')
  try {
    await restoreFiles.run({ ...facts, restoring: { ...restoring, tree: whole } }, shell)
  } catch (error) {
    if (shell.stop.aborted) throw error
    const due = `which is due every ${host.provenEvery}`
    shell.note(
      'problem',
      `the replica was refreshed; that it is the same as the whole backup, ${due}, is not proven: ${messageOf(error)}`,
    )
    await removeMade(restoring, 'whole', shell)
    return last.provenAt
  }
  const difference = await differenceOfTrees(restoring.tree, whole, shell)
  await removeMade(restoring, difference === undefined ? 'whole' : 'tree', shell)
  const provenAt = shell.now()
  if (difference === undefined) {
    shell.note('info', 'the same as the whole backup, which was restored to prove it')
    return provenAt
  }
  using folder = OpenedFolder.open(restoring.holding)
  folder.rename('whole', 'tree')
  shell.note('problem', `restored whole: what the newest sets made of the replica is not what the backup holds: ${difference}`)
  return provenAt
}

async function removeMade({ holding }: Restoring, name: string, shell: Shell): Promise<void> {
  using folder = OpenedFolder.open(holding)
  await removeTree(folder, name, shell)
}

/** Remembers of what the next replay can make its tree. */
export const rememberReplay: Step<
  Needs<'host' | 'site'> & Proven & MadeOfLast & ListedTree & { restoring: Restoring; point: RestorePoint },
  void
> = {
  name: 'record-replay',
  title: 'Record the set that it is',
  run: async ({ host, site, provenAt, madeOfLast, replaced, restoring, lines, point }, shell) => {
    // what the owner could not read was taken from the live tree: it is not the very tree of its set
    const isOfSet = (point.set.unread ?? []).length === 0
    const replay = isOfSet ? { time: point.time, tree: digestOf(lines), provenAt } : undefined
    await shell.act('remember what the next replay can begin with', () => {
      updateRecord(host, site.name, { replay })
      if (replaced && lines === madeOfLast) writeWhole(join(restoring.holding, ABOUT), JSON.stringify(replaced))
    })
  },
}
