import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { SetRecord, TreeSize } from '../core/set-record.ts'
import { coreRows } from '../core/shrinkage.ts'
import type { SiteNeeds } from '../core/site-needs.ts'
import type { FileList, SiteState } from '../core/site-state.ts'
import { messageOf } from '../core/wording.ts'
import { dumpMemory, type KnownParts } from '../database/dump-contents.ts'
import { dumpContentsOf, dumpSizeOf } from '../database/dump-size.ts'
import { sourceSizeIn } from '../duplicity/log.ts'
import type { Shell } from '../engine/shell.ts'
import { dumpsIn, isSqlDump } from '../host/companion.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { phpHere } from '../host/php.ts'
import { openWebRoot, type Site } from '../host/site.ts'
import { rememberOrTell } from '../host/state.ts'
import { domainsOf, webServerFiles, webServerFilesOf } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import { lineagesOf } from '../restore/lineage.ts'
import { modulesNeeded } from '../web-server/apache.ts'
import { versionsIn } from '../wordpress/versions.ts'

export type CountedContents = Partial<TreeSize> & Pick<SetRecord, 'rows' | 'isEmpty' | 'state'>

/** How large the site was in the set that was just made, by duplicity's log of it, as far as that can be told. */
export async function treeSizeOf(host: Host, site: Site, logFile: string, shell: Shell): Promise<CountedContents> {
  try {
    const source = sourceSizeIn(readFileSync(logFile, 'utf8'))
    if (!source) shell.note('info', 'duplicity printed no statistics: the size of the site is not written down')
    if (site.isDesktop) return { ...source }
    const isEmpty = isSiteEmpty(site.folder) ? { isEmpty: true } : {}
    if (site.local?.wpConfig === undefined) return { ...source, ...isEmpty, rows: {} }
    return { ...source, ...isEmpty, ...(await dumpedOf(host, site, shell)) }
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('info', `the size of the site is not known: ${messageOf(error)}`)
    return {}
  }
}

/** What its dumps hold. Of their files, those are read that are others than before. */
async function dumpedOf(host: Host, site: Site, shell: Shell): Promise<Pick<CountedContents, 'dump' | 'rows' | 'state'>> {
  const known = { before: knownPartsOf(host, site.name, shell), now: {} }
  const dump = await dumpSizeOf(site.folder, shell, dumpsIn(site.folder), known)
  const contents = await dumpContentsOf(site.folder, shell, known)
  if (!isDeepStrictEqual(known.now, known.before))
    rememberOrTell(shell, 'what its dump holds is not remembered', () => dumpMemory.write(host, site.name, known.now))
  if (!contents) return { ...(dump && { dump }) }
  const { rows, settings } = contents
  return { ...(dump && { dump }), rows: coreRows(rows), state: { tables: tablesOf(rows), settings } }
}

/** What cannot be read of it is read from the dump. */
function knownPartsOf(host: Host, site: string, shell: Shell): KnownParts['before'] {
  try {
    return dumpMemory.read(host, site) ?? {}
  } catch (error) {
    shell.note('info', `all of its dump is read anew: ${messageOf(error)}`)
    return {}
  }
}

/** The most tables that are written down: a network of sites has thousands. */
const MOST_TABLES = 400
const tablesOf = (rows: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(0, MOST_TABLES))

/** The versions of the site's WordPress, as far as it has one and they can be told. */
export function wordPressOf(site: Site, files: FileList | undefined, shell: Shell): Pick<SiteState, 'versions'> {
  try {
    const versions = files && versionsIn(site.folder, files)
    return versions ? { versions } : {}
  } catch (error) {
    shell.note('info', `the versions of its WordPress are not known: ${messageOf(error)}`)
    return {}
  }
}

/** Whether there is nothing in the web root of a site's folder, or of one that is restored beside it. */
export function isSiteEmpty(folder: string, live = folder): boolean {
  try {
    using site = OpenedFolder.open(folder)
    using root = openWebRoot(site, live)
    return !root || root.names().length === 0
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

/** What the site needs of a host that is to serve it, as this one has it. Another host's setup reads it. */
export function needsOf(host: Host, site: Site): SiteNeeds {
  const files = webServerFilesOf(webServerFiles(host), site)
  const isWordPress = site.local?.wpConfig !== undefined
  const isApache = host.webServer?.kind === 'apache' && files.length > 0
  // WordPress writes rules for pretty addresses into its .htaccess, which do nothing without
  const modules = [...files.flatMap(({ text }) => modulesNeeded(text)), ...(isWordPress ? ['rewrite'] : [])]
  const php = isWordPress ? phpHere() : undefined
  return {
    ...(dumpsIn(site.folder).some(isSqlDump) ? { database: true } : {}),
    ...(php && { phpVersion: php.version }),
    ...(php && php.extensions.length > 0 ? { php: php.extensions } : {}),
    ...(files.length > 0 ? { webServer: host.webServer!.kind } : {}),
    ...(isApache && modules.length > 0 ? { modules: [...new Set(modules)].toSorted() } : {}),
    ...(lineagesOf(host.certificates, domainsOf(host, site)).length > 0 ? { certificates: true } : {}),
  }
}
