import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { certificateNames } from '../core/domain-name.ts'
import { worstOf } from '../core/finding.ts'
import type { DatabaseCard, HostCard, WebServerCard } from '../core/host-card.ts'
import { claimedDatabases } from '../database/claims.ts'
import { databaseDisk } from '../database/disk.ts'
import { serverHere } from '../database/own-server.ts'
import type { Shell } from '../engine/shell.ts'
import { diskOf } from '../host/disk.ts'
import { addressesOf } from '../host/name-service.ts'
import { phpHere } from '../host/php.ts'
import { readLastRun } from '../host/records.ts'
import type { HostContext } from '../host/site.ts'
import { enabledModules } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import { lineagesHere } from '../restore/lineage.ts'

/** The card of this host, as it is now, but for its sites. */
export async function hostCard(context: HostContext): Promise<Omit<HostCard, 'sites'>> {
  const { host, shell } = context
  const [server, webServer] = await Promise.all([serverHere(context), webServerHere(host.webServer, shell)])
  const certified = lineagesHere(host.certificates).flatMap(({ subjectAltName }) => certificateNames(subjectAltName))
  return {
    host: host.name,
    time: shell.now(),
    holdfast: holdfastVersion(),
    php: phpHere(),
    mariadb: server && { version: server.version },
    webServer,
    room: { files: diskOf(host.vhosts), database: server && (await databaseDisk(context)) },
    users: accountNames(),
    addresses: addressesOf(host),
    databases: databasesOf(host, server?.databases ?? []),
    certified: [...new Set(certified)],
    lastRun: lastRunOf(host),
  }
}

/** What belongs to the server itself, or is one of our own that waits to take a site's place, is in nobody's way. */
const NOBODYS = /^(mysql|information_schema|performance_schema|sys|hf_.*)$/i

function databasesOf(host: Host, names: readonly string[]): DatabaseCard[] {
  const claimed = claimedDatabases(host)
  const free = names.filter(name => !NOBODYS.test(name) && !claimed.some(claim => claim.name === name))
  return [...claimed, ...free.map(name => ({ name }))]
}

async function webServerHere(webServer: Host['webServer'], shell: Shell): Promise<WebServerCard | undefined> {
  if (webServer === undefined) return undefined
  const { kind } = webServer
  const ask = kind === 'apache' ? 'apache2 -v 2>&1' : 'nginx -v 2>&1'
  const quiet = shell.quick.with({ onLine: () => {} })
  const printed = await quiet.ask(String)`sh -c ${ask}`.catch(() => '')
  return { kind, version: /(?:Apache|nginx)\/(\d[\w.]*)/.exec(printed)?.[1], modules: enabledModules(webServer) }
}

function lastRunOf(host: Host): HostCard['lastRun'] {
  const { run, sites } = readLastRun(host, 'nightly')
  return run && { time: run.at, verdict: worstOf([run, ...Object.values(sites)].map(({ verdict }) => verdict)) }
}

/** The names of the accounts of this host, as far as it keeps them itself (passwd(5)). */
const accountNames = (): string[] =>
  readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .flatMap(line => /^([\w.-]+):/.exec(line)?.[1] ?? [])

const holdfastVersion = (): string =>
  (JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }).version
