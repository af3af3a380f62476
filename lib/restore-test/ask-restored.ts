import { copyFileSync, existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { isIP } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { addressText, type DatabaseAccess } from '../core/database-access.ts'
import { Secret } from '../core/secret.ts'
import { openDump } from '../database/opened-dump.ts'
import { CommandFailed, searchPath, TimedOut } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import { COMPANION, dumpName, dumpNames } from '../host/companion.ts'
import { diskOf } from '../host/disk.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { type Place, sandboxed, unusedUser } from '../host/sandbox.ts'
import { type HostContext, type SitePlace, webRootIn } from '../host/site.ts'
import { domainsOf } from '../host/web-server-files.ts'
import { makeFolder } from '../host/whole-file.ts'
import { databasesIn, environmentOf } from '../restore/database-access.ts'
import type { Needs } from '../store/facts.ts'
import { debianConfigs, livePaths, phpSettings } from '../wordpress/config-view.ts'
import type { Served, ToServe } from './serve-and-ask.ts'

/** A restore point could not be tried: nothing is known of it by that. */
export class NotTested extends Error {}

const SERVED = z.object({
  imported: z.number().nonnegative().optional(),
  importFailed: z.literal(true).optional(),
  answer: z.object({ works: z.boolean(), said: z.string().max(200) }),
})

const PROGRAM = join(import.meta.dirname, 'serve-and-ask.ts')
const OURS = [join(import.meta.dirname, '..'), join(import.meta.dirname, '../../package.json')]

const LIMITS = { memory: 4 * 1024 ** 3, processes: 128, tmp: 256 * 1024 ** 2 }

/** Serves and asks the site restored into `tree` of this folder, which then belongs to the sandbox's user. */
export async function askRestored(
  { host, secrets, site }: Needs<'host' | 'secrets' | 'site'>,
  folder: string,
  { question, judge }: Pick<ToServe, 'question' | 'judge'>,
  limited: () => Shell,
): Promise<Served> {
  const [tree, work] = [join(folder, 'tree'), join(folder, 'work')]
  makeFolder(work)
  if (judge !== undefined) copyFileSync(judge, join(work, basename(JUDGE)))
  const root = webRootOf(tree, site.folder)
  const context = { host, secrets, shell: limited() }
  const { own, databases } = await databasesOf(context, site, tree)
  assertPrograms(['php', ...(databases.length > 0 ? ['mariadbd', 'mariadb-install-db', 'mariadb'] : [])])
  await removeSecrets(tree)
  const way = own && wayToServer(own, work)
  const configs = debianConfigs({ domains: domainsOf(host, site) })
  const user = userFor(configs)
  const named = names(own, user, work)
  await giveTo(user, [tree, work], limited())
  const toServe: ToServe = {
    root,
    work: WORK,
    databases,
    port: way?.port,
    question,
    judge: judge && JUDGE,
    request: host.deadlines.request,
  }
  const lives = livePaths(site.folder).map(to => ({ from: tree, to }))
  const sandbox = {
    reads: [...OURS, ...phpSettings(), ...configs, ...named],
    writes: [...lives, { from: work, to: WORK }, ...(way?.places ?? [])],
    ...(user ? { user } : {}),
    limits: LIMITS,
  }
  // the machine's own work comes first, in time and when memory is short
  const words = ['nice', '-n', '19', 'choom', '-n', '1000', '--', ...sandboxed([process.execPath, PROGRAM], sandbox)]
  const disk = watchDisk(folder)
  const input = new Secret(JSON.stringify(toServe))
  const env = environmentOf(host, secrets, site)
  const quiet = limited().with({ input, env, maxOutput: 100_000, onLine: () => {}, idleTimeout: disk.idleTimeout })
  try {
    return await quiet.ask(parseServed)`${words}`
  } catch (error) {
    if (disk.isFilled()) throw new NotTested(`it wrote more than the disk of ${host.paths.cache} has room for`)
    if (error instanceof TimedOut || !(error instanceof CommandFailed)) throw error
    throw new NotTested(`the sandbox for it did not work: ${lastLine(error.stderr)}`)
  }
}

function parseServed(text: string): Served {
  try {
    return SERVED.parse(JSON.parse(text))
  } catch {
    throw new NotTested('what its sandbox printed is no answer')
  }
}

/** Seconds for which a sandbox may do nothing; longer than it lives. */
const EVER = 1e6

/** Once three quarters of what was free are gone, a site may do nothing any more: no limit of a process helps. */
function watchDisk(folder: string) {
  const least = (diskOf(folder)?.free ?? 0) / 4
  let isFilled = false
  const idleTimeout = (): number => {
    isFilled ||= (diskOf(folder)?.free ?? 0) < least
    return isFilled ? 0 : EVER
  }
  return { idleTimeout, isFilled: () => isFilled }
}

const WORK = '/run/restore-test'
const JUDGE = join(WORK, 'judge')
const lastLine = (text: string): string =>
  text
    .trim()
    .split('\n')
    .findLast(line => /error/i.test(line))
    ?.slice(0, 300) ?? 'it ended'

function webRootOf(tree: string, live: string): string {
  using opened = OpenedFolder.open(tree)
  const found = webRootIn(opened, live)
  if (found.kind !== 'folder') throw new Error('the set holds no site: there is no folder SITE in it')
  return join(live, found.way)
}

/** The sandbox is made of this machine's programs. @throws {NotTested} when one of them is not there */
function assertPrograms(names: readonly string[]): void {
  const missing = names.find(name => !searchPath().some(folder => existsSync(join(folder, name))))
  if (missing) throw new NotTested(`this host has no ${missing}, with which it would be served`)
}

/** What lies beside the site and is root's alone when it is live, as keys of certificates: all but the dumps goes. */
async function removeSecrets(tree: string): Promise<void> {
  using opened = OpenedFolder.open(tree)
  using companion = opened.plainFolder(COMPANION)
  if (!companion) return
  const dumps = dumpNames(companion)
  for (const name of companion.names().filter(each => !dumps.includes(each)))
    await rm(companion.at(name), { recursive: true, force: true })
}

/** The set's databases, all on one server in the sandbox, and the site's own. @throws without a whole dump */
async function databasesOf(context: HostContext, site: SitePlace, tree: string) {
  const databases: ToServe['databases'][number][] = []
  let own: DatabaseAccess | undefined
  for (const { of, data } of await databasesIn(context, site, tree)) {
    const isOwn = of === undefined
    if ('unknown' in data && isOwn) throw new Error(data.unknown)
    if (!('database' in data)) continue
    const name = dumpName(data, isOwn)
    using dump = openDump(tree, name)
    const isWhole = await dump?.isComplete()
    if (isOwn && !dump)
      throw new Error(`the set has no database dump (${COMPANION}/${name}), though the site has a wp-config.php`)
    if (isOwn && !isWhole) throw new Error('the database dump in the set is not complete')
    if (isOwn) own = data
    const { database, user, password } = data
    if (dump && isWhole)
      databases.push({ name: database, user, password: password.reveal(), dump: join(site.folder, COMPANION, dump.name) })
  }
  return { own, databases }
}

/** How the site finds the sandbox's server where it looks for its database: places that lead there, and the port. */
function wayToServer({ address }: DatabaseAccess, work: string): { readonly places: readonly Place[]; readonly port?: number } {
  if (address.kind === 'default') return { places: [] }
  if (address.kind === 'socket') {
    const folder = join(work, 'socket')
    makeFolder(folder)
    symlinkSync(join(WORK, 'database/mariadbd.sock'), join(folder, basename(address.path)))
    return { places: [{ from: folder, to: dirname(address.path) }] }
  }
  const { host, port } = address
  if (isIP(host) > 0 && !/^127\.|^::1$/.test(host))
    throw new NotTested(`its database is at ${addressText(address)}, an address that the sandbox does not have`)
  return { places: [], port }
}

/** What the sandbox knows of names: this machine's own, the server where the site looks for it, and its one user. */
function names(access: DatabaseAccess | undefined, user: User | undefined, work: string): Place[] {
  const server = access?.address.kind === 'tcp' && isIP(access.address.host) === 0 ? ` ${access.address.host}` : ''
  const files = {
    hosts: `127.0.0.1 localhost${server}\n::1 localhost\n`,
    ...(user && { passwd: `holdfast:x:${user.uid}:${user.gid}::/tmp:/bin/false\n` }),
  }
  return Object.entries(files).map(([name, text]) => {
    writeFileSync(join(work, name), text)
    return { from: join(work, name), to: `/etc/${name}` }
  })
}

interface User {
  readonly uid: number
  readonly gid: number
}

/** Nobody that this machine knows; in the group that reads Debian's configurations. Only root can be another. */
function userFor(configs: readonly string[]): User | undefined {
  if (process.geteuid?.() !== 0) return undefined
  const { uid, gid } = unusedUser()
  return { uid, gid: configs[0] === undefined ? gid : statSync(configs[0]).gid }
}

async function giveTo(user: User | undefined, folders: readonly string[], shell: Shell): Promise<void> {
  if (user) await shell.act`chown --recursive --no-dereference ${`${user.uid}:${user.gid}`} ${folders}`
  await shell.act`chmod --recursive u+rwX ${folders}`
}
