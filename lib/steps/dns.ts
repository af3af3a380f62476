import type { Condition, Step } from '../engine/step.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { dnsFinding, dnsOf } from '../site/dns.ts'
import type { Needs } from '../store/facts.ts'

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

/** Applies to a site that was taken over, until its domains point here. */
export const isDnsAwaited: Condition<Needs<'host' | 'site'>, object> = ({ host, site }) =>
  readRecord(host, site.name).dnsAwaitedSince === undefined ? 'no change of its DNS records is awaited' : {}

/** Looks whether the domains of a site that was taken over point here by now. */
export const checkDns: Step<Needs<'host' | 'site'>, void> = {
  name: 'dns',
  title: ({ site }) => `Check the DNS records of ${site.name}`,
  run: async ({ host, site }, shell) => {
    const dns = await dnsFinding({ host, shell }, site)
    shell.tell({ site: site.name, dns })
    if (dns !== null) return shell.note('info', dns.text)
    shell.note('significant', 'all of its domains point here now')
    await shell.act('look at its DNS records no more', () => updateRecord(host, site.name, { dnsAwaitedSince: undefined }))
  },
}
