import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { isLeft } from '../site/dns.ts'
import { copyMode, isLent, lendRights, type ModeChange, modeRecords, readSiteMode, setSiteMode } from '../site-mode/mode.ts'
import type { Needs } from '../store/facts.ts'

type Guards = Needs<'host' | 'secrets' | 'site'>

async function guard({ host, secrets, site }: Guards, shell: Shell): Promise<ModeChange> {
  // one that moves is frozen, or shows the new host: that is more
  const { kind } = readSiteMode({ host }, site)
  if (kind === 'frozen' || (kind === 'forward' && !(await isForwardedInVain({ host, site }, shell)))) return { guarded: true }
  return await setSiteMode({ host, secrets, shell }, site, copyMode(host, site))
}

/** For so long others may remember what DNS said before; ms. */
const REMEMBERED = 20 * 3_600_000

/** Whether DNS sends nobody here any more who would be forwarded, and did not the night before. */
async function isForwardedInVain({ host, site }: Needs<'host' | 'site'>, shell: Shell): Promise<boolean> {
  const known = modeRecords.read(host, site.name)
  if (!known) return false
  const since = (await isLeft({ host, shell }, site)) ? (known.leftSince ?? shell.now()) : undefined
  if (since !== undefined && shell.now() - since >= REMEMBERED) {
    shell.note('significant', `${site.name} is forwarded no more: DNS sends nobody here`)
    return true
  }
  if (since !== known.leftSince)
    await shell.act('remember whether DNS sends visitors here', () =>
      modeRecords.write(host, site.name, { ...known, leftSince: since }),
    )
  return false
}

function reportUnguarded({ guarded, why, isOpen }: ModeChange, shell: Shell): void {
  if (guarded && why !== undefined) shell.note('warning', `the replica is read-only, but ${why}`)
  if (!guarded)
    shell.note(
      isOpen ? 'problem' : 'warning',
      `the replica is not read-only, and what visitors start in it (mail, orders, due tasks) is real: ${why}`,
    )
}

/** Puts the guard of a replica in force before it is replaced, and keeps it so: it never acts on the world (S43). */
export const guardReplica: Step<Guards, void> = {
  name: 'guard',
  title: ({ site }) => `Guard the replica of ${site.name}`,
  run: async (facts, shell) => {
    const change = await guard(facts, shell)
    // of one that is not here yet there is nothing to be asked
    if (facts.site.local) reportUnguarded(change, shell)
  },
}

/** Until this host owns a site that it takes over, nobody writes to it here or is sent on to the former owner. */
export const keepReadOnly: Step<Guards, void> = {
  name: 'keep-read-only',
  title: ({ site }) => `Keep ${site.name} read-only until it is claimed`,
  run: async ({ host, secrets, site }, shell) => {
    const { guarded, why } = await setSiteMode({ host, secrets, shell }, site, copyMode(host, site))
    if (!guarded && site.local) shell.note('warning', `visitors may write to ${site.name} here before it is claimed: ${why}`)
  },
}

/** Gives the accounts of a replica that may only read their rights for a restore. */
export const lendForRestore: Step<Guards, void> = {
  name: 'lend-rights',
  title: ({ site }) => `Lend the accounts of ${site.name} their rights`,
  run: async ({ host, secrets, site }, shell) => await lendRights({ host, secrets, shell }, site),
}

/** Applies to a replica that was not here before this run, or whose accounts were lent their rights in it. */
export const isNotProven: Condition<Needs<'host' | 'site'>, object> = ({ host, site }) =>
  site.local && !isLent({ host }, site) ? 'it was so before' : {}

/** Proves the guard of a replica that is here now. */
export const proveGuard: Step<Guards, void> = {
  name: 'prove-guard',
  title: ({ site }) => `Ask the replica of ${site.name} whether it is guarded`,
  run: async (facts, shell) => reportUnguarded(await guard(facts, shell), shell),
}
