import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { DatabaseAccess } from '../core/database-access.ts'
import type { Secret } from '../core/secret.ts'
import { CommandFailed, PrintedTooMuch, TimedOut } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'
import { accessOf, type ConfigAnswer, isSameData, parseConfigAnswer, sameDatabase, WpConfigError } from './config-answer.ts'
import { readableBy, visible } from './config-view.ts'

export { WpConfigError } from './config-answer.ts'

/** A site's configuration, and what it may know of the world. */
export interface ConfigPlace {
  /** `wp-config.php` below `folder`. */
  readonly config: string
  /** The site's folder: the live one, or one that was restored beside it. */
  readonly folder: string
  /** Where that folder is when it is live: a configuration may name its own path. */
  readonly liveFolder: string
  /** The site's own domains, for a configuration that looks at the host of the request. */
  readonly domains: readonly string[]
  /** Variables that it may ask for by getenv(). */
  readonly environment: Readonly<Record<string, Secret>>
}

/** Domains beyond these are not tried. */
const MOST_DOMAINS = 50
/** A domain that no configuration knows. */
const NO_DOMAIN = 'holdfast.invalid'

/**
 * Has PHP itself run a site's wp-config.php as WordPress would, in a sandbox that shows it its own site and nothing to
 * write, nobody to call and no rights but its owner's (S14, S41), and gives how the site reaches its database;
 * undefined where WordPress keeps it in a file of its own. Where the configuration looks at the host of the request,
 * the site's domains are tried in turn.
 * @throws WpConfigError with one sentence that holds no secret
 */
export async function readWpConfig(place: ConfigPlace, shell: Shell): Promise<DatabaseAccess | undefined> {
  try {
    return await readForSomeDomain(place, shell)
  } catch (error) {
    throw error instanceof WpConfigError ? new WpConfigError(`${place.config}: ${error.message}`) : error
  }
}

async function readForSomeDomain(place: ConfigPlace, shell: Shell): Promise<DatabaseAccess | undefined> {
  const domains = place.domains.slice(0, MOST_DOMAINS)
  if (domains.length === 0) return await readForAnyDomain(place, shell)
  let first: WpConfigError | undefined
  for (const domain of domains) {
    const answer = await askPhp(place, domain, shell)
    if (answer.isSqlite) return undefined
    try {
      return hidden(answer, shell)
    } catch (error) {
      if (!(error instanceof WpConfigError)) throw error
      if (!answer.asksHost) throw first ?? error
      first ??= error
    }
  }
  throw new WpConfigError(`${first!.message} (as asked for the host ${domains.join(', ')})`)
}

/** No domain is known: what it says must not depend on one. */
async function readForAnyDomain(place: ConfigPlace, shell: Shell): Promise<DatabaseAccess | undefined> {
  const answer = await askPhp(place, '', shell)
  if (answer.isSqlite) return undefined
  const access = hidden(answer, shell)
  if (!answer.asksHost || sameDatabase(access, hidden(await askPhp(place, NO_DOMAIN, shell), shell))) return access
  throw new WpConfigError('which database it is depends on the host of the request, and no domain of the site is known')
}

/** A database that a configuration names for a domain of the site. */
export interface NamedDatabase {
  readonly domain: string
  readonly access: DatabaseAccess
}

/**
 * The databases that a configuration names for other domains of the site than the one by which {@link readWpConfig}
 * found its own, each once: one folder can be several sites.
 * @returns nothing where the configuration does not look at the host of the request
 */
export async function otherDatabases(
  place: ConfigPlace,
  own: DatabaseAccess | undefined,
  shell: Shell,
): Promise<readonly NamedDatabase[]> {
  const found: NamedDatabase[] = []
  const isKnown = (access: DatabaseAccess): boolean =>
    [own, ...found.map(each => each.access)].some(known => known !== undefined && isSameData(known, access))
  for (const domain of place.domains.length > 1 ? place.domains.slice(0, MOST_DOMAINS) : []) {
    const answer = await askPhp(place, domain, shell)
    if (!answer.asksHost) break
    const access = accessIn(answer, shell)
    if (access && !isKnown(access)) found.push({ domain, access })
  }
  return found
}

/** Undefined where a configuration says none: for a domain that it does not know. */
function accessIn(answer: ConfigAnswer, shell: Shell): DatabaseAccess | undefined {
  try {
    return answer.isSqlite ? undefined : hidden(answer, shell)
  } catch (error) {
    if (error instanceof WpConfigError) return undefined
    throw error
  }
}

function hidden(answer: ConfigAnswer, shell: Shell): DatabaseAccess {
  const access = accessOf(answer)
  shell.hide(access.password)
  return access
}

const SCRIPT = readFileSync(join(import.meta.dirname, 'show-config.php'), 'utf8')
/** The memory that a web server's PHP has by default, and far less time: seconds of work. */
const SETTINGS = ['memory_limit=128M', 'max_execution_time=3', 'variables_order=EGPCS', 'auto_prepend_file=', 'auto_append_file=']
const LIMITS = { memory: 1024 * 1024 * 1024, cpuSeconds: 8, processes: 64, tmp: 1024 * 1024 }
/** Seconds from begin to end: a configuration that waits for something waits in vain. */
const LONGEST = 15
const MOST_OUTPUT = 100_000
/**
 * The answer has a descriptor of its own, which leaves the sandbox as its output; all else that PHP prints goes
 * nowhere: it can quote a password.
 */
const ANSWER_ONLY = 'exec "$@" 3>&1 >/dev/null 2>&1'

async function askPhp(place: ConfigPlace, domain: string, shell: Shell): Promise<ConfigAnswer> {
  const { config, folder, liveFolder, environment } = place
  const live = join(liveFolder, relative(folder, config))
  const php = ['php', ...SETTINGS.flatMap(setting => ['-d', setting]), '--', live, domain, join(liveFolder, 'SITE')]
  const sandbox = { reads: visible(place), user: readableBy(place), limits: LIMITS }
  const words = sandboxed(['sh', '-c', ANSWER_ONLY, 'wp-config', ...php], sandbox)
  const quiet = shell.with({ onLine: () => {}, timeout: LONGEST, maxOutput: MOST_OUTPUT, input: SCRIPT, env: environment })
  try {
    return await quiet.ask(parseConfigAnswer)`${words}`
  } catch (error) {
    throw error instanceof CommandFailed ? refusalOf(error) : error
  }
}

function refusalOf(failure: CommandFailed): Error {
  if (failure instanceof TimedOut) return new WpConfigError(`PHP did not come to its end within ${LONGEST} s`)
  if (failure instanceof PrintedTooMuch) return new WpConfigError('PHP printed without end')
  if (failure.exitCode === 127) return new WpConfigError('there is no PHP on this host to run it (Debian: the package php-cli)')
  const sandbox = /^bwrap: .*/m.exec(failure.stderr)?.[0]
  if (sandbox !== undefined) return new Error(`PHP cannot be run in a sandbox: ${sandbox}`)
  return new WpConfigError('PHP was ended: it took more time or memory than a configuration may, or crashed')
}
