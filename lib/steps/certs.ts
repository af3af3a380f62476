import { join } from 'node:path'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { namesIn, openCompanion, replaceFolder } from '../host/companion.ts'
import { domainsOf } from '../host/web-server-files.ts'
import { CERTIFICATES, lineagesOf } from '../restore/lineages-here.ts'
import type { Needs } from '../store/facts.ts'

/**
 * Copies the Let's Encrypt lineages of the site's domains, with links, keys and renewal settings, into the site's companion folder (S15). What it holds is
 * then just the lineages of today: one that is gone is gone there too.
 */
export const saveCertificates: Step<Needs<'host' | 'site'>, Needs<'certificatesSaved'>> = {
  name: 'certificates',
  title: 'Save the certificates',
  run: async ({ host, site }, shell) => {
    const lineages = lineagesOf(host.certificates, domainsOf(host, site))
    shell.note('info', lineages.length === 0 ? 'no certificate for its domains' : `lineages ${lineages.join(', ')}`)
    await using companion = await openCompanion(site.folder, shell)
    await replaceFolder(CERTIFICATES, companion.path, shell, async within => {
      for (const lineage of lineages) await copyLineage(host.certificates, lineage, within)
    })
    return { certificatesSaved: true }
  },
}

async function copyLineage(from: string, lineage: string, shell: Shell): Promise<void> {
  for (const part of ['live', 'archive']) {
    if (!namesIn(join(from, part)).includes(lineage)) continue // certificates that certbot did not make may have no archive
    await shell.act`mkdir --parents ${part}`
    await shell.act`cp --archive ${join(from, part, lineage)} ${part}/`
  }
  await shell.act`mkdir --parents renewal`
  const renewal = `${lineage}.conf`
  if (namesIn(join(from, 'renewal')).includes(renewal)) await shell.act`cp --archive ${join(from, 'renewal', renewal)} renewal/`
}
