import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Exchange } from '../core/restore-journal.ts'
import { isWithin } from '../core/within.ts'
import { CommandFailed } from '../engine/process.ts'
import type { HostContext } from '../host/host-context.ts'
import { type Place, sandboxed } from '../host/sandbox.ts'

/** What a web server reads besides its own folder when it tests its configuration, where it is there. */
const READ = ['/etc/ssl', '/etc/mime.types', '/etc/php']
/** Where it makes folders and files of its own while it does. */
const WRITTEN = ['/run', '/var/run', '/var/lock', '/var/log/apache2', '/var/log/nginx', '/var/lib/nginx']

/**
 * Tests the web server's configuration as it will be, in a sandbox in which the new files are in the place of the old
 * ones: nothing in force is touched, and what a stranger wrote is not read with root's rights. Where even what is in
 * force fails its test there, the sandbox lacks something that it names, and cannot tell.
 * @returns what is wrong with the new files; undefined when nothing is, or nobody can tell
 */
export async function foreseenProblem(context: HostContext, exchanges: readonly Exchange[]): Promise<string | undefined> {
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
