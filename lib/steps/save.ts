import { lstatSync, mkdirSync, realpathSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { openCompanion, replaceFolder } from '../host/companion.ts'
import { rememberOrTell } from '../host/state.ts'
import { domainsOf, type WebServerFile, webServerFiles, webServerFilesOf } from '../host/web-server-files.ts'
import { namesIn } from '../host/whole-file.ts'
import { areApproved, hasKeptProposal, remember } from '../restore/approvals.ts'
import { CERTIFICATES, lineagesOf } from '../restore/lineage.ts'
import { dumpDatabases } from '../site/dump.ts'
import type { Needs } from '../store/facts.ts'

/** Applies to a site whose `wp-config.php` is there. */
export const isWordPress: Condition<Needs<'site'>, { wpConfig: string }> = ({ site }) =>
  site.local?.wpConfig === undefined ? 'a static site has no database' : { wpConfig: site.local.wpConfig }

/**
 * Dumps the site's databases into its companion folder (S14): by the administrator where one is on this host's own
 * server, once the site's account has shown that it is the site's; by that account where it is elsewhere. A table has
 * a file, which is left untouched when its bytes are the same, and given a later time when they are not, without which
 * duplicity would miss the change. That one database cannot be dumped keeps no other from it, and no files.
 * @throws when not all of each could be dumped; what could is in place then
 */
export const dumpDatabase: Step<Needs<'host' | 'secrets' | 'site'> & { wpConfig: string }, Needs<'databaseSaved'>> = {
  name: 'db-dump',
  title: 'Dump the database',
  run: async ({ host, secrets, site }, shell) => {
    await dumpDatabases({ host, secrets, shell }, site)
    return { databaseSaved: true }
  },
}

/**
 * Copies the Let's Encrypt lineages of the site's domains, with links, keys and renewal settings, into the site's
 * companion folder (S15). What it holds is then just the lineages of today: one that is gone is gone there too.
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

/** The folder of the site's web server configuration in the companion folder, laid out as the web server's own. */
const WEB_SERVER = 'web-server'

/** Applies to a site of which certificates or configuration are not in force yet. */
export const isIncomplete: Condition<Needs<'host' | 'site'>, object> = ({ host, site }) =>
  hasKeptProposal(host, site.name) ? {} : 'nothing of its configuration is pending'

/** Applies on a host with a web server in its inventory. */
export const hasWebServer: Condition<Needs<'host'>, { webServerFolder: string }> = ({ host }) =>
  host.webServer === undefined ? 'the inventory names no web server' : { webServerFolder: host.webServer.folder }

/**
 * Copies the web server configuration that serves this site, and no other, into its companion folder (S15). What root
 * alone can write is an administrator's: on this host it is approved by that, and a recovery may put it in force again.
 */
export const saveWebServer: Step<Needs<'host' | 'site'> & { webServerFolder: string }, Needs<'webServerSaved'>> = {
  name: 'web-server',
  title: 'Save the web server configuration',
  run: async ({ host, site }, shell) => {
    const files = webServerFilesOf(webServerFiles(host), site)
    shell.note('info', files.length === 0 ? 'no file serves this site alone' : files.map(({ name }) => name).join(', '))
    await using companion = await openCompanion(site.folder, shell)
    await replaceFolder(WEB_SERVER, companion.path, shell, async (_, folder) => {
      for (const file of files) await shell.act(`copy ${file.name}`, () => copyConfiguration(file, folder))
    })
    const approved = files.filter(({ isRoots }) => isRoots)
    if (!areApproved(host, site.name, approved))
      await shell.act(`remember ${approved.map(({ name }) => name).join(', ')} as approved on this host`, () =>
        rememberOrTell(shell, 'what is in force cannot be remembered', () => remember(host, site.name, 'approved', approved)),
      )
    return { webServerSaved: true }
  },
}

/**
 * Writes what was read of an enabled file, as its owner may exchange it meanwhile: beside a link where one into
 * sites-available leads to it, else by itself.
 */
function copyConfiguration({ path: enabled, name, text, modified }: WebServerFile, folder: string): void {
  const available = availableFor(enabled)
  const copy = join(folder, available === undefined ? 'sites-enabled' : 'sites-available', available ?? name)
  for (const each of [join(folder, 'sites-enabled'), dirname(copy)]) mkdirSync(each, { recursive: true })
  writeFileSync(copy, text, { mode: 0o644, flag: 'wx' })
  // as the file itself: a copy that looks new every night would be backed up every night
  utimesSync(copy, modified, modified)
  if (available !== undefined) symlinkSync(`../sites-available/${available}`, join(folder, 'sites-enabled', name))
}

/** The name in sites-available that an enabled link leads to; undefined for a file, or a link to anywhere else. */
function availableFor(enabled: string): string | undefined {
  if (!lstatSync(enabled).isSymbolicLink()) return undefined
  const real = realpathSync(enabled)
  return dirname(real) === join(realpathSync(join(dirname(enabled), '..')), 'sites-available') ? basename(real) : undefined
}
