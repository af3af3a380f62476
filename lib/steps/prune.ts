import { join } from 'node:path'
import type { Collection } from '../core/collection.ts'
import { differences, namesOf } from '../core/prune-check.ts'
import { printTime, reachText } from '../core/restore-point.ts'
import { type PrunePlan, planPrune } from '../core/retention.ts'
import { counted, diskTrouble, formatBytes, messageOf } from '../core/wording.ts'
import { pruneWords } from '../duplicity/args.ts'
import { duplicityCall, targetOf } from '../duplicity/io/call.ts'
import { readCollection } from '../duplicity/io/collection.ts'
import { freshTarget, seed } from '../duplicity/io/fresh-target.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { Stopped } from '../engine/stop.ts'
import { chainStatus } from '../report/chain-status.ts'
import { appendPruneLog, freeze, pendingPruning, pruneInputOf, unfreezeCommand } from '../site/prune-state.ts'
import { siteReport } from '../site/report.ts'
import { dropFromRecord } from '../store/audited-files.ts'
import { checkStillOwner } from '../store/epochs.ts'
import type { Needs } from '../store/facts.ts'
import { sealRemoval } from '../store/seals.ts'

export type PruneNeeds = Needs<
  'host' | 'secrets' | 'site' | 'siteArchive' | 'collection' | 'limits' | 'freeSpace' | 'interrupted'
>

/**
 * One pruning action at most (S17 to S21), by duplicity's own command. What is to go is predicted from the archive's
 * listing; the archive is listed right before and after, and any difference stops all pruning of the site until a
 * person has looked. A failure here never keeps tonight's backup from being made.
 */
export const prune: Step<PruneNeeds & Needs<'writer' | 'ownership'>, Needs<'collection'>> = {
  name: 'prune',
  title: 'Prune (one action at most)',
  run: async (facts, shell) => {
    const newest = { collection: facts.collection }
    await attempt(() => pruneOnce(facts, newest, shell), shell)
    shell.report(siteReport({ ...facts, ...newest }, shell.now()))
    return newest
  },
}

/** What the archive was when it was last listed: also when what followed failed. */
type Newest = { collection: Collection }

async function pruneOnce(facts: PruneNeeds, newest: Newest, shell: Shell): Promise<void> {
  await lookAtCutShort(facts, shell)
  const first = planNow(facts, shell)
  if (first.action.kind === 'none') return shell.note('info', first.reason)
  // status looked a while ago: another host may have begun to write since, or may have made a full, which would make N
  // mean other chains
  newest.collection = await readCollection(facts, shell)
  if (newest.collection.lost)
    return shell.note('info', 'a former owner has just added to the archive: nothing is pruned before that is set aside')
  const now = { ...facts, ...newest }
  const plan = planNow(now, shell)
  if (plan.action.kind === 'none') return shell.note('info', plan.reason)
  await carryOut(now, plan, plan.action, newest, shell)
}

export function planNow(facts: PruneNeeds, shell: Pick<Shell, 'now'>): PrunePlan {
  return planPrune(pruneInputOf({ ...facts, interrupted: facts.interrupted !== undefined, now: shell.now() }))
}

/** A run was killed while it pruned this site: whatever it deleted besides what it had planned stops the pruning. */
async function lookAtCutShort({ host, site, collection }: PruneNeeds, shell: Shell): Promise<void> {
  const pending = pendingPruning.read(host, site.name)
  if (!pending) return
  const found = differences(pending, { before: pending.before, after: namesIn(collection) }, 'cut short')
  await shell.act('compare the archive with what the pruning that was cut short had planned', () => {
    if (found.length > 0) stopPruning({ host, site }, found, shell)
    pendingPruning.remove(host, site.name)
  })
}

type Action = Exclude<PrunePlan['action'], { kind: 'none' }>

/** What is to go is on this host's disk before anything goes. In a dry run nothing has gone. */
async function carryOut(facts: PruneNeeds, plan: PrunePlan, action: Action, newest: Newest, shell: Shell): Promise<void> {
  const { host, secrets, site, siteArchive, collection } = facts
  await checkStillOwner(siteArchive, host, shell)
  const before = namesIn(collection)
  await using fresh = await freshTarget(host, site.name, siteArchive, join(host.paths.cache, 'duplicity'))
  const seal = (): Promise<void> => sealRemoval(facts, [...plan.files, ...plan.mayGo], shell)
  const isSealed = await seal().then(
    () => true,
    error => {
      // a full archive has room for the seal once something has gone
      if (!shell.stop.aborted && diskTrouble(error) !== undefined) return false
      throw shell.stop.aborted ? error : unwritten(error)
    },
  )
  await shell.act('write down what is to go, and the whole chain status', () => {
    try {
      const file = appendPruneLog(host.paths.logs, chainStatus(site.name, collection, plan, shell.now()), shell.now())
      shell.note('info', `chain status: ${file}`)
      pendingPruning.write(host, site.name, { ...namesOf(plan), before })
      dropFromRecord(host, site.name, [...plan.files, ...plan.mayGo])
    } catch (error) {
      throw unwritten(error)
    }
  })
  if (action.kind === 'cleanup')
    await shell.act('link what this host knows of the archive into a fresh archive-dir', () =>
      seed(fresh, targetOf(host, site.name, siteArchive, 'backup'), before, siteArchive.prefix),
    )
  shell.note(
    'significant',
    `${describe(action)}, ${counted(plan.files.length, 'file')}, ${formatBytes(plan.freesBytes)}. ${plan.reason}`,
  )
  const failure = await attempt(async () => {
    await using call = await duplicityCall({ host, secrets, target: fresh.target, archive: siteArchive, access: 'writes' }, shell)
    await call.shell.act`${call.sandboxed(pruneWords(fresh.target, action))}`
  }, shell)
  await shell.act('list the archive again and compare it with the plan', async () => {
    const left = await readCollection(facts, shell)
    newest.collection = left
    const found = differences(namesOf(plan), { before, after: namesIn(left) }, failure === undefined ? 'well' : 'failed')
    if (found.length > 0) stopPruning(facts, found, shell)
    pendingPruning.remove(host, site.name)
    shell.note('info', `${counted(left.chains.length, 'chain')}, ${formatBytes(left.bytes)} left`)
    if (failure === undefined) shell.note('significant', `after the pruning ${reachText(left, shell.now())}`)
    shell.report({ site: site.name, prunedBytes: (collection.bytes ?? 0) - (left.bytes ?? 0) })
  })
  if (!isSealed) await seal()
}

const unwritten = (error: unknown): Error =>
  new Error(`nothing goes before it is written down what is to go: ${messageOf(error)}`)

/** Tells a failure, and goes on: the site's backup does not depend on its pruning. A stop is not a failure. */
async function attempt(work: () => Promise<void>, shell: Shell): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof Stopped || shell.stop.aborted) throw error
    shell.note('problem', `pruning failed: ${messageOf(error)}`)
    return messageOf(error)
  }
}

/** @throws when it cannot be written down: the plan is not forgotten then, and the next night compares again */
function stopPruning({ host, site }: Pick<PruneNeeds, 'host' | 'site'>, found: readonly string[], shell: Shell): void {
  try {
    freeze(host, site.name, found, shell.now())
  } catch (error) {
    throw new Error(`${found.join('; ')}; that cannot be written down yet, and the next run compares again: ${messageOf(error)}`)
  }
  const command = unfreezeCommand(host, site.name)
  shell.note('problem', `nothing of ${site.name} is pruned any more: ${found.join('; ')}\nonce you have looked at it: ${command}`)
}

function describe(action: Action): string {
  if (action.kind === 'cleanup') return 'Clean up what is part of no chain'
  const chain = `the chain of ${printTime(action.chain.startAt)}`
  return action.kind === 'remove-chain' ? `Delete ${chain}` : `Delete the incrementals of ${chain}`
}

const namesIn = (collection: Collection): string[] => collection.files.map(file => file.name)
