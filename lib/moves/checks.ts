import { formatAge } from '../core/age.ts'
import { lacksFor } from '../core/host-card.ts'
import { rehearsalText } from '../core/move.ts'
import { newestRestorePoint } from '../core/restore-point.ts'
import { messageOf } from '../core/wording.ts'
import { administrator } from '../database/client.ts'
import { isOnOwnServer } from '../database/own-server.ts'
import { backupWords } from '../duplicity/args.ts'
import { duplicityCall, targetOf } from '../duplicity/io/call.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Hold, Step } from '../engine/step.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { removeScratch } from '../host/scratch.ts'
import { type HostContext, type Site, siteDeadline } from '../host/site.ts'
import { accessesOf, databasesIn } from '../restore/database-access.ts'
import { questionInSandbox } from '../restore-test/question.ts'
import { dnsFinding, dnsOf } from '../site/dns.ts'
import { hostCard } from '../site/host-card.ts'
import type { Needs } from '../store/facts.ts'
import { cardFolder, readHostCard, writeHostCard } from '../store/host-cards.ts'

/** Others hand a site over only to a host that can take it. A card that cannot be written makes no backup worse. */
export const leaveCard: Step<Needs<'host' | 'secrets' | 'request' | 'archive' | 'roles'>, void> = {
  name: 'host-card',
  title: ({ host }) => `Record what ${host.name} can run`,
  run: async ({ host, secrets, request, archive, roles }, shell) => {
    const cards = cardFolder(archive, shell)
    if (!cards) return
    if (request.only.length > 0) return shell.note('info', 'only some sites were asked for: the last whole run says more')
    try {
      const sites = { owned: roles.primaries.map(({ name }) => name), replicated: roles.replicas.map(({ name }) => name) }
      await writeHostCard(cards, { ...(await hostCard({ host, secrets, shell })), sites })
    } catch (error) {
      if (shell.stop.aborted) throw error
      shell.note('warning', `what ${host.name} can run could not be written down in the archive: ${messageOf(error)}`)
    }
  },
}

type Checks = Needs<'host' | 'secrets' | 'request' | 'archive' | 'site' | 'siteArchive'> & { readonly to: string }

/** By what the other host's last night left in the archive. @throws when something is missing there, a line each */
export const checkOtherHost: Step<Checks, void> = {
  name: 'check-other-host',
  title: ({ site, to }) => `Check that ${to} can take ${site.name}`,
  run: async ({ host, secrets, archive, site, siteArchive, to }, shell) => {
    const cards = cardFolder(archive, shell)
    if (!cards) return
    const card = await readHostCard(cards, to)
    if (!card)
      throw new Error(`nothing is known of ${to}: it leaves what it can run in the archive each night. Run its nightly.ts first`)
    const { moveNeedsOf } = await import('../site/move-needs.ts')
    const needs = await moveNeedsOf({ host, secrets, shell }, site, siteArchive)
    const { missing, differs } = lacksFor(needs, card)
    for (const text of differs) shell.note('warning', `${to}: ${text}`)
    if (missing.length > 0) throw new Error(missing.map(text => `${to} cannot take ${site.name}: ${text}`).join('\n'))
    shell.note('info', `${to} has what ${site.name} needs, as of ${formatAge(shell.now() - card.time)} ago`)
  },
}

/** Applies to a dry run: all of the move is tried that changes nothing. */
export const isRehearsal: Condition<Needs<'request'>, object> = ({ request }) => (request.dryRun ? {} : 'it is no dry run')

type Rehearses = Needs<'host' | 'secrets' | 'site' | 'siteArchive' | 'collection'>

/** The move with the newest backup, in a sandbox. A hold, since a dry run's steps only describe what they would do. */
export const rehearse: Hold<Rehearses, { rehearsed: true }> = {
  name: 'rehearse',
  title: ({ site }) => `Rehearse the move of ${site.name}`,
  up: async (facts, shell) => {
    const { host, secrets, site, collection } = facts
    const point = newestRestorePoint(collection)
    if (!point) throw new Error(`${site.name} has no backup yet that could be restored`)
    const dumped = await secondsOf(() => dumpIntoNothing({ host, secrets, shell }, site))
    const backedUp = await secondsOf(() => lookWhatToSend(facts, shell))
    const question = questionInSandbox(host, site)
    const { testRestore } = await import('../restore-test/test-restore.ts')
    const test = await testRestore({ ...facts, point }, { question, judge: undefined }, siteDeadline(facts).seconds, shell)
    const { works, said, restored, imported = 0 } = test!
    if (restored === undefined) throw new Error(`the newest backup cannot be restored: ${said}`)
    if (!works) shell.note('warning', `in a sandbox of this host the newest backup does not work: ${said}`)
    shell.note('significant', rehearsalText({ dumped, backedUp, restored, imported }))
    shell.note('info', 'as measured on this host: a dump, a backup of nothing new, and a restore of all of the newest backup')
    return { rehearsed: true }
  },
  down: async ({ host }) => removeScratch(host),
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

/** A database of another server is left out: how long that needs is not this host's to say. */
async function dumpIntoNothing(context: HostContext, site: Site): Promise<void> {
  const { host, shell } = context
  const { words } = administrator({ host, shell })
  for (const access of accessesOf(await databasesIn(context, site, site.folder))) {
    if (access.address.kind !== 'default' && !(await isOnOwnServer(context, access))) continue
    const dump = words(host.database.dumpProgram, [
      '--single-transaction',
      '--quick',
      '--skip-lock-tables',
      '--',
      access.database,
    ])
    await shell.with({ timeout: host.deadlines.dump }).act`sh -c ${'exec "$@" >/dev/null'} dump ${dump}`
  }
}

/** Duplicity reads what has changed, as for a backup, and sends nothing. */
async function lookWhatToSend({ host, secrets, site, siteArchive }: Rehearses, shell: Shell): Promise<void> {
  const target = targetOf(host, site.name, siteArchive, 'backup')
  const { exclude, excludeFrom } = site.settings
  const source = { source: site.folder, volumeSize: host.duplicity.volumeSize, exclude, excludeFrom, otherHost: true }
  const words = backupWords({ ...target, kind: 'incremental', ...source })
  const sandbox = { reads: [site.folder, ...(excludeFrom === undefined ? [] : [excludeFrom])], noLinks: site.folder }
  await using call = await duplicityCall({ host, secrets, target, archive: siteArchive, access: 'reads', sandbox }, shell)
  await call.shell.act`${call.sandboxed([...words.slice(0, 2), '--dry-run', ...words.slice(2)])}`
}

/** Says which DNS records to change so that visitors come to this host, and remembers to look until they do. */
export const adviseDns: Step<Needs<'host' | 'site'>, void> = {
  name: 'dns-advice',
  title: ({ site }) => `DNS records of ${site.name}`,
  run: async ({ host, site }, shell) => {
    const { advice, text } = await dnsOf({ host, shell }, site)
    if (advice.length === 0) return shell.note('warning', text.join('; '))
    if (text.length === 0) return shell.note('info', 'all of its domains point here already')
    for (const line of text) shell.note('significant', line)
    await shell.act('remember to look at its DNS records until they point here', () =>
      updateRecord(host, site.name, { dnsAwaitedSince: shell.now() }),
    )
  },
}

export const isDnsAwaited: Condition<Needs<'host' | 'site'>, object> = ({ host, site }) =>
  readRecord(host, site.name).dnsAwaitedSince === undefined ? 'no change of its DNS records is awaited' : {}

export const checkDns: Step<Needs<'host' | 'site'>, void> = {
  name: 'dns',
  title: ({ site }) => `Check the DNS records of ${site.name}`,
  run: async ({ host, site }, shell) => {
    const dns = await dnsFinding({ host, shell }, site)
    shell.report({ site: site.name, dns })
    if (dns !== null) return shell.note('info', dns.text)
    shell.note('significant', 'all of its domains point here now')
    await shell.act('look at its DNS records no more', () => updateRecord(host, site.name, { dnsAwaitedSince: undefined }))
  },
}
