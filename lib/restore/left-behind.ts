import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { adminOf } from '../database/admin.ts'
import { lineOf } from '../engine/command.ts'
import type { HostContext } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import { isChangesFolder, readJournal, workFolder } from './journal.ts'

/**
 * What restores kept, folders and databases, of which this host remembers nothing, as where its state was lost: it may
 * be the only copy of something, so a person decides.
 * @returns a sentence each, with the command that removes it
 */
export async function leftBehind(context: HostContext): Promise<string[]> {
  const folders = unknownFolders(context.host)
  if (folders.length === 0) return []
  const databases = await restoreDatabases(context)
  return folders.map(({ site, id, path }) => {
    const own = databases.filter(name => name.split('_')[2] === id)
    const drop = own.map(name => `mariadb -e ${lineOf([`DROP DATABASE ${name}`])}`)
    const what = own.length === 0 ? path : `${path} and the database ${own.join(', ')}`
    return `${site}: ${what}: kept by a restore that this host no longer knows of; look at what is there, then: ${[lineOf(['rm', '-rf', path]), ...drop].join(' && ')}`
  })
}

function unknownFolders(host: Host): { site: string; id: string; path: string }[] {
  return foldersIn(workFolder(host)).flatMap(name => {
    const site = decodeURIComponent(name)
    const { pending, kept } = readJournal(host, site)
    const known = new Set([pending, ...kept].map(restore => restore?.id))
    const path = join(workFolder(host), name)
    const strangers = foldersIn(path).filter(id => !known.has(id) && !isChangesFolder(id))
    return strangers.map(id => ({ site, id, path: join(path, id) }))
  })
}

/** The folder beside the sites is root's alone. */
function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter(entry => entry.isDirectory() && /^[\w%.~!'()*-]+$/.test(entry.name)).map(({ name }) => name)
  } catch {
    return [] // no restore was made yet
  }
}

/** The databases that restores made; none where the server does not answer. */
async function restoreDatabases({ host, shell }: HostContext): Promise<string[]> {
  const names = await adminOf({ host, shell })
    .rows("SHOW DATABASES LIKE 'hf\\\\_%';")
    .catch(() => [])
  return names.flatMap(([name = '']) => (/^hf_[0-9a-f]{8}_[0-9a-z]+(_\d+)?$/.test(name) ? [name] : []))
}
