import { join } from 'node:path'
import { archiveTelling } from '../core/archive-telling.ts'
import type { Collection } from '../core/collection.ts'
import { messageOf } from '../core/message.ts'
import { differences, namesOf } from '../core/prune-check.ts'
import { printTime } from '../core/restore-point.ts'
import { type PrunePlan, planPrune } from '../core/retention.ts'
import { formatBytes } from '../core/size.ts'
import { filePrefixIn, pruneWords } from '../duplicity/args.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { Stopped } from '../engine/stop.ts'
import { chainStatus } from '../report/chain-status.ts'
import { readCollection } from './collection.ts'
import { duplicityShell, targetOf } from './duplicity.ts'
import type { Needs } from './facts.ts'
import { freshTarget, seed } from './fresh-target.ts'
import { outlookOf } from './outlook.ts'
import { appendPruneLog } from './prune-log.ts'
import { clearPending, freeze, pruneInputOf, readFrozen, readPending, unfreezeCommand, writePending } from './prune-state.ts'

type PruneNeeds = Needs<'host' | 'secrets' | 'site' | 'siteArchive' | 'collection' | 'limits' | 'interrupted'>

/**
 * One pruning action at most (S17 to S21), by duplicity's own command. What is to go is foretold from the archive's listing; the archive is listed right before and
 * after, and any difference stops all pruning of the site until a person has looked. A failure here never keeps tonight's backup from being made.
 */
export const prune: Step<PruneNeeds, Needs<'collection'>> = {
  name: 'prune',
  title: 'Prune (one action at most)',
  run: async (facts, shell) => {
    await lookAtCutShort(facts, shell)
    const first = decide(facts, shell)
    if (first.action.kind === 'none') return tellNone(facts, first, shell)
    // status looked a while ago: another host may have begun to write since, or may have made a full, which would make N mean other chains
    const collection = await readCollection(facts, shell)
    const plan = decide({ ...facts, collection }, shell)
    if (plan.action.kind === 'none') return tellNone({ ...facts, collection }, plan, shell)
    return { collection: await carryOut({ ...facts, collection }, plan, plan.action, shell) }
  },
}

function decide(facts: PruneNeeds, shell: Shell): PrunePlan {
  return planPrune(pruneInputOf({ ...facts, interrupted: facts.interrupted !== undefined, now: shell.now() }))
}

function tellNone(facts: PruneNeeds, plan: PrunePlan, shell: Shell): Needs<'collection'> {
  const { collection, limits } = facts
  const over = (collection.bytes ?? 0) > limits.allowanceBytes
  shell.note(readFrozen(facts.host, facts.site.name) ? 'problem' : over ? 'warning' : 'info', plan.reason)
  return { collection }
}

/** A run was killed while it pruned this site: whatever it deleted besides what it had planned stops the pruning. */
async function lookAtCutShort({ host, site, collection }: PruneNeeds, shell: Shell): Promise<void> {
  const pending = readPending(host, site.name)
  if (!pending) return
  const found = differences(pending, { before: pending.before, after: namesIn(collection) }, 'cut short')
  await shell.act('compare the archive with what the pruning that was cut short had planned', () => {
    if (found.length > 0) stopPruning({ host, site }, found, shell)
    clearPending(host, site.name)
  })
}

type Action = Exclude<PrunePlan['action'], { kind: 'none' }>

/** Does it and gives what is left. In a dry run nothing has gone. */
async function carryOut(facts: PruneNeeds, plan: PrunePlan, action: Action, shell: Shell): Promise<Collection> {
  const { host, secrets, site, siteArchive, collection } = facts
  const before = namesIn(collection)
  await using fresh = await freshTarget(host, site.name, siteArchive, join(host.paths.cache, 'duplicity'))
  shell.note('significant', `${describe(action)}, ${plan.files.length} files, ${formatBytes(plan.freesBytes)}. ${plan.reason}`)
  await shell.act('write down what is to go, and the whole chain status', () => {
    writePending(host, site.name, { ...namesOf(plan), before })
    const file = appendPruneLog(host.paths.logs, chainStatus(site.name, collection, plan, shell.now()), shell.now())
    shell.note('info', `chain status: ${file}`)
  })
  if (action.kind === 'cleanup')
    await shell.act('link what this host knows of the archive into a fresh archive-dir', () =>
      seed(fresh, targetOf(host, site.name, siteArchive, 'backup'), before, filePrefixIn(siteArchive.options)),
    )
  const failure = await attempt(
    () => duplicityShell(shell, host, secrets, fresh.target).act`${pruneWords(fresh.target, action)}`,
    shell,
  )
  let left = collection
  await shell.act('list the archive again and compare it with the plan', async () => {
    left = await readCollection(facts, shell)
    const found = differences(namesOf(plan), { before, after: namesIn(left) }, failure === undefined ? 'well' : 'failed')
    if (found.length > 0) stopPruning(facts, found, shell)
    clearPending(host, site.name)
    shell.note('info', `${left.chains.length} chains, ${formatBytes(left.bytes)} left`)
    const prunedBytes = (collection.bytes ?? 0) - (left.bytes ?? 0)
    shell.tell({ ...archiveTelling(site.name, left), prunedBytes, ...outlookOf({ ...facts, collection: left }, shell.now()) })
  })
  return left
}

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

function stopPruning({ host, site }: Pick<PruneNeeds, 'host' | 'site'>, found: readonly string[], shell: Shell): void {
  freeze(host, site.name, found, shell.now())
  const command = unfreezeCommand(host, site.name)
  shell.note('problem', `nothing of ${site.name} is pruned any more: ${found.join('; ')}\nonce you have looked at it: ${command}`)
}

function describe(action: Action): string {
  if (action.kind === 'cleanup') return 'Clean up what is part of no chain'
  const chain = `the chain of ${printTime(action.chain.startAt)}`
  return action.kind === 'remove-chain' ? `Delete ${chain}` : `Delete the incrementals of ${chain}`
}

const namesIn = (collection: Collection): string[] => collection.files.map(file => file.name)
