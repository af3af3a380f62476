import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { DatabaseAccess, SiteData } from '../core/database-access.ts'
import { isWithin } from '../core/path.ts'
import type { Secret } from '../core/secret.ts'
import { CommandFailed, PrintedTooMuch, TimedOut } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'
import { accessOf, type ConfigAnswer, isSameData, parseConfigAnswer, WpConfigError } from './config-answer.ts'
import { livePaths, readableBy, visible } from './config-view.ts'

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

/** A database that a configuration names. */
export interface NamedDatabase {
  /** For which domain of the site; undefined where it looks at none. */
  readonly domain: string | undefined
  readonly data: SiteData
}

/**
 * Has PHP itself run a site's wp-config.php as WordPress would, in a sandbox that shows it its own site and nothing to
 * write, nobody to call and no rights but its owner's (S14, S41), and gives where the site has its data. Where the
 * configuration looks at the host of the request, each of the site's domains is asked for: one folder can be several
 * sites, and the first domain that it knows has the site's own database.
 * @throws WpConfigError with one sentence that holds no secret, when it names none
 */
export async function readWpConfig(place: ConfigPlace, shell: Shell): Promise<readonly NamedDatabase[]> {
  try {
    const domains = place.domains.slice(0, MOST_DOMAINS)
    if (domains.length > 0) return await readForDomains(place, domains, shell)
    return [{ domain: undefined, data: await readForAnyDomain(place, shell) }]
  } catch (error) {
    throw error instanceof WpConfigError ? new WpConfigError(`${place.config}: ${error.message}`) : error
  }
}

async function readForDomains(place: ConfigPlace, domains: readonly string[], shell: Shell): Promise<readonly NamedDatabase[]> {
  const found: NamedDatabase[] = []
  let first: WpConfigError | undefined
  for (const domain of domains) {
    const answer = await askPhp(place, domain, shell)
    try {
      const data = dataIn(place, answer, shell)
      if (!answer.asksHost) return [{ domain: undefined, data }]
      found.push({ domain, data })
    } catch (error) {
      if (!(error instanceof WpConfigError)) throw error
      if (!answer.asksHost) throw first ?? error
      first ??= error
    }
  }
  if (found.length === 0) throw new WpConfigError(`${first!.message} (as asked for the host ${domains.join(', ')})`)
  return found
}

/** No domain is known: what it says must not depend on one. */
async function readForAnyDomain(place: ConfigPlace, shell: Shell): Promise<SiteData> {
  const answer = await askPhp(place, '', shell)
  const data = dataIn(place, answer, shell)
  if (!answer.asksHost) return data
  const other = dataIn(place, await askPhp(place, NO_DOMAIN, shell), shell)
  if (isSameData(data, other) && ('sqlite' in data || data.user === (other as DatabaseAccess).user)) return data
  throw new WpConfigError('which database it is depends on the host of the request, and no domain of the site is known')
}

function dataIn(place: ConfigPlace, answer: ConfigAnswer, shell: Shell): SiteData {
  if (answer.sqlite !== null) return { sqlite: wayTo(place, answer.sqlite) }
  return hidden(answer, shell)
}

/** The path of a file within the site's folder. */
function wayTo({ liveFolder }: ConfigPlace, path: string): string {
  const base = livePaths(liveFolder).find(each => isWithin(path, each))
  if (base === undefined || /\p{Cc}/u.test(path))
    throw new WpConfigError("its database is a file of SQLite that does not lie in the site's folder")
  return relative(base, path)
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
