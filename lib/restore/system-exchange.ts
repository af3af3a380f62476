import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isWithin } from '../core/path.ts'
import type { Exchange } from '../core/restore-journal.ts'
import { messageOf } from '../core/wording.ts'
import { oneAtATime } from '../engine/at-once.ts'
import { CommandFailed } from '../engine/process.ts'
import { type Place, sandboxed } from '../host/sandbox.ts'
import type { HostContext } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import { moveExchange, planExchange } from './exchange.ts'
import { pendingOf, updatePending } from './journal.ts'
import { assertNoMounts } from './place.ts'
import { type Piece, writePiece } from './proposal.ts'

/**
 * For what changes files of the system until the web server has read them: of two sites at once, the one's would be
 * judged by the other's.
 */
export const oneSiteAtATime = oneAtATime()

/**
 * Has the web server test and read its configuration, when that was exchanged. @throws {CommandFailed} when one fails
 */
export async function reloadIfTouched(context: HostContext, exchanges: readonly Exchange[]): Promise<void> {
  const { webServer } = context.host
  if (!webServer || !exchanges.some(({ live }) => isOfSystem(context.host, live))) return
  const shell = context.shell.quick
  await shell.act`${webServer.test}`
  await shell.act`${webServer.reload}`
}

/**
 * Puts pieces of the system in place of what is there, as a part of the restore that is under way, and has the web
 * server test and read its configuration. When that fails, all is as it was before.
 * @param id names the folders in which they are prepared, on the file system of what is in force
 * @param isTried whether a piece is tried in a sandbox first: what nobody has approved
 * @returns why they are not in force; undefined when they are
 */
export async function putInPlace(
  context: HostContext,
  site: string,
  id: string,
  pieces: readonly Piece[],
  isTried: (piece: Piece) => boolean,
): Promise<string | undefined> {
  const holdings = [...new Set(pieces.map(({ to }) => join(systemFolderOf(context.host, to)!, '.holdfast', id)))]
  const before = pendingOf(context.host, site)
  updatePending(context.host, { ...before, holdings: [...new Set([...before.holdings, ...holdings])] })
  const why = await reasonOf(context, async () => {
    const exchanges = pieces.map(piece => prepare(context.host, id, piece))
    const tried = exchanges.filter((_, index) => isTried(pieces[index]!))
    return (await foreseenProblem(context, tried)) ?? (await exchangeSystemFiles(context, site, exchanges))
  })
  if (why === undefined) return undefined
  for (const holding of holdings.filter(each => !before.holdings.includes(each)))
    rmSync(holding, { recursive: true, force: true })
  updatePending(context.host, { ...pendingOf(context.host, site), holdings: before.holdings })
  return why
}

/** Writes a piece beside what is in force, on its file system. */
function prepare(host: Host, id: string, piece: Piece): Exchange {
  const root = systemFolderOf(host, piece.to)!
  const held = join(root, '.holdfast', id, piece.to.slice(root.length + 1))
  writePiece(held, piece)
  mkdirSync(dirname(piece.to), { recursive: true, mode: 0o700 })
  return planExchange(host, piece.to, held)
}

/** Exchanges files of the system and has the web server read them; back when that fails. @returns why it failed */
export async function exchangeSystemFiles(
  context: HostContext,
  site: string,
  exchanges: readonly Exchange[],
): Promise<string | undefined> {
  assertNoMounts(context.host, exchanges)
  const before = pendingOf(context.host, site)
  updatePending(context.host, { ...before, phase: 'swapping', exchanges: [...before.exchanges, ...exchanges] })
  const why = await reasonOf(context, async () => {
    for (const exchange of exchanges) await moveExchange(context.host, exchange, 'exchanged', context.shell)
    await reloadIfTouched(context, exchanges)
  })
  if (why === undefined) return undefined
  for (const exchange of exchanges.toReversed()) await moveExchange(context.host, exchange, 'original', context.shell)
  updatePending(context.host, before)
  return why
}

/** Why work failed, if it did, or what it says itself; a stop is no such reason. */
async function reasonOf({ shell }: HostContext, work: () => Promise<string | undefined | void>): Promise<string | undefined> {
  try {
    return (await work()) ?? undefined
  } catch (error) {
    if (shell.stop.aborted) throw error
    return messageOf(error)
  }
}

/** The folder of certificates or of the web server's configuration that a path lies in; undefined for any other. */
const systemFolderOf = ({ certificates, webServer }: Host, path: string): string | undefined =>
  [certificates, webServer?.folder].find(folder => folder !== undefined && isWithin(path, folder))

/** Whether a path is one of certificates or of the web server's configuration. */
export const isOfSystem = (host: Host, path: string): boolean => systemFolderOf(host, path) !== undefined

/** What a web server reads besides its own folder when it tests its configuration, where it is there. */
const READ = ['/etc/ssl', '/etc/mime.types', '/etc/php']
/** Where it makes folders and files of its own while it does. */
const WRITTEN = ['/run', '/var/run', '/var/lock', '/var/log/apache2', '/var/log/nginx', '/var/lib/nginx']

/**
 * Tests the web server's configuration as it will be, in a sandbox with the new files in the place of the old ones:
 * what a stranger wrote is not read with root's rights. Where even what is in force fails there, it cannot tell.
 * @returns what is wrong with the new files; undefined when nothing is, or nobody can tell
 */
async function foreseenProblem(context: HostContext, exchanges: readonly Exchange[]): Promise<string | undefined> {
  if (!context.host.webServer || exchanges.length === 0) return undefined
  const failure = await testIn(context, exchanges)
  return failure === undefined || (await testIn(context, [])) !== undefined ? undefined : failure
}

async function testIn({ host, shell }: HostContext, exchanges: readonly Exchange[]): Promise<string | undefined> {
  const { webServer } = host
  const replaced = new Map(exchanges.map(({ live, held }) => [live, held]))
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-web-server-'))
  const reads = [
    ...[webServer!.folder, host.certificates].flatMap(folder => placesIn(folder, replaced)),
    ...READ.filter(existsSync),
  ]
  const writes = WRITTEN.map(to => ({ from: scratch, to }))
  // nginx gives its folders to the user that it runs as
  const words = sandboxed(webServer!.test, { reads, writes, capabilities: ['CAP_CHOWN'] })
  try {
    await shell.quick.with({ onLine: () => {} }).ask(String)`${words}`
    return undefined
  } catch (error) {
    if (error instanceof CommandFailed) return error.message
    throw error
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** A folder as it will be, as places of a sandbox: whole where nothing in it is replaced, else name by name. */
function placesIn(path: string, replaced: ReadonlyMap<string, string>): Place[] {
  const from = replaced.get(path)
  if (from !== undefined) return [{ from, to: path }]
  const below = [...replaced.keys()].filter(to => isWithin(to, path))
  if (below.length === 0) return existsSync(path) ? [path] : []
  const there = existsSync(path) ? readdirSync(path) : []
  const names = new Set([...there, ...below.map(to => to.slice(path.length + 1).split('/')[0]!)])
  return [...names].filter(name => name !== '.holdfast').flatMap(name => placesIn(join(path, name), replaced))
}
