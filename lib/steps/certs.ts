import { readdirSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { coversAny } from '../core/certificate.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { lineagesHere } from '../restore/lineages-here.ts'
import { openCompanion } from './companion.ts'
import { domainsOf } from './domains.ts'
import type { Needs } from './facts.ts'

/** The certificates' folder in the companion folder, laid out as Let's Encrypt's own. */
export const CERTIFICATES = 'certificates'

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

/** Names of the lineages (folders in `live/`) whose certificate is for one of these domains. */
export function lineagesOf(folder: string, domains: readonly string[]): string[] {
  return lineagesHere(folder)
    .filter(({ subjectAltName }) => coversAny(subjectAltName, domains))
    .map(({ lineage }) => lineage)
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

/**
 * Replaces a folder within another by one that is made anew: filled beside it, then put in its place.
 * @param fill is given a shell that works in the new folder, and its path
 */
export async function replaceFolder(
  name: string,
  parent: string,
  shell: Shell,
  fill: (within: Shell, folder: string) => Promise<void>,
): Promise<void> {
  const [place, fresh, old] = ['', '.new', '.old'].map(ending => join(parent, `${name}${ending}`)) as [string, string, string]
  // in this process: four commands a site would be the dearest part of a night in which nothing changed
  await shell.act(`make ${name}.new, empty`, async () => {
    for (const left of [fresh, old]) await rm(left, { recursive: true, force: true })
    await mkdir(fresh, { mode: 0o700 })
  })
  await fill(shell.with({ cwd: fresh }), fresh)
  await shell.act(`put ${name}.new in place of ${name}`, async () => {
    await rename(place, old).catch(unlessMissing)
    await rename(fresh, place)
    await rm(old, { recursive: true, force: true })
  })
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}
