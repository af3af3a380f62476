import type { DatabaseAccess } from '../core/database-access.ts'
import { Secret } from '../core/secret.ts'
import { parseDatabaseHost } from './database-host.ts'
import { WpConfigError } from './error.ts'
import { type ConfigWorld, type Constant, newFrame, Reading, Stop } from './reading.ts'
import { runProgram } from './run.ts'
import { type Node, parsePhp } from './syntax.ts'
import { isUnknown, type Place, textOf, type Unknown, type Value } from './value.ts'

export { WpConfigError } from './error.ts'
export type { ConfigWorld } from './reading.ts'

/** Domains beyond these are not tried. */
const MAX_DOMAINS = 50

/**
 * Reads a site's database credentials from its wp-config.php, which is data here and never executed (S14, S41).
 *
 * @param source the file's text; `path` its absolute path, for messages, `__DIR__` and relative includes
 * @param world the environment and files that the site may see, and its domains: where the configuration looks at the
 *   request's host, each is tried in turn until all credentials are known
 * @throws WpConfigError when a credential is missing, depends on what only running PHP could tell, or makes no sense; the
 *   message has file and line and never a password or an environment value
 */
export function readWpConfig(source: string, path: string, world: ConfigWorld): DatabaseAccess {
  try {
    return readForSomeDomain(parsePhp(source, path), path, world)
  } catch (error) {
    if (error instanceof RangeError) throw new WpConfigError(path, 0, 'nested too deeply to be read')
    throw error
  }
}

function readForSomeDomain(program: Node, path: string, world: ConfigWorld): DatabaseAccess {
  const domains = world.domains.slice(0, MAX_DOMAINS)
  let first: WpConfigError | undefined
  for (const domain of domains.length > 0 ? domains : [undefined]) {
    const reading = new Reading(world, domain)
    try {
      return readOnce(program, path, reading)
    } catch (error) {
      if (!(error instanceof WpConfigError)) throw error
      if (!reading.askedHost) throw first ?? error
      first ??= error
    }
  }
  throw withDomains(first!, domains)
}

const withDomains = ({ file, line, what }: WpConfigError, domains: readonly string[]): WpConfigError =>
  new WpConfigError(
    file,
    line,
    `${what} (as asked for the host ${domains.join(', ') || 'of a request, and no domain of the site is known'})`,
  )

/** WordPress defines ABSPATH, the folder of wp-load.php, before it loads wp-config.php: wp-load.php itself does so. */
function readOnce(program: Node, path: string, reading: Reading): DatabaseAccess {
  const frame = newFrame(reading, path)
  reading.globals = frame
  reading.included.add(path)
  reading.define('ABSPATH', path.replace(/[^/]*$/, ''), { file: path, line: 0 })
  let end: Place | undefined
  try {
    runProgram(program, path, frame)
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    end = error.place
  }
  return accessOf(reading, frame.variables.get('table_prefix') ?? frame.doubt ?? 'wp_', end ?? { file: path, line: 0 })
}

function accessOf(reading: Reading, prefix: Value, end: Place): DatabaseAccess {
  const credential = (name: string): string => credentialOf(name, reading, end)
  const access = { database: credential('DB_NAME'), user: credential('DB_USER'), password: credential('DB_PASSWORD') }
  const address = parseDatabaseHost(credential('DB_HOST'))
  if (!address)
    throw refuse(
      'DB_HOST',
      reading.constants.get('DB_HOST')!.place,
      'names no address; wanted host, host:port, :/socket or [IPv6]:port',
    )
  const charset = reading.constants.get('DB_CHARSET')
  return {
    ...access,
    password: new Secret(access.password),
    address,
    tablePrefix: tablePrefixOf(prefix, reading.prefixPlace ?? end),
    charset: charset && textOf(charset.value) ? charsetOf(textOf(charset.value)!, charset) : undefined,
  }
}

function credentialOf(name: string, reading: Reading, end: Place): string {
  const constant = reading.constants.get(name)
  if (!constant) throw undefinedCredential(name, reading, end)
  if (isUnknown(constant.value)) throw computed(name, constant.value, constant.place)
  const text = textOf(constant.value)
  if (text === undefined) throw refuse(name, constant.place, 'is not a text; wanted a string')
  if (text.includes('\ufffd')) throw refuse(name, constant.place, 'is not valid UTF-8')
  if (name === 'DB_PASSWORD') return text
  if (text === '') throw refuse(name, constant.place, 'is empty')
  if (/\p{Cc}/u.test(text)) throw refuse(name, constant.place, 'holds a control character')
  return text
}

function undefinedCredential(name: string, reading: Reading, end: Place): WpConfigError {
  const doubt = reading.barrier ?? reading.environmentDoubt
  const stopped = end.line > 0 ? ' before the configuration ends here' : ''
  const perhaps = doubt ? ` (perhaps by ${doubt.what} in ${doubt.place.file}:${doubt.place.line}, which is not executed)` : ''
  return refuse(name, end, `is not defined${stopped}${perhaps}; wanted define('${name}', …)`)
}

/** An error about a value that only running the program could tell. */
function computed(name: string, value: Unknown, place: Place): WpConfigError {
  const elsewhere =
    value.place.file !== place.file ? ` in ${value.place.file}:${value.place.line}` : ` in line ${value.place.line}`
  const same = value.place.file === place.file && value.place.line === place.line
  const wanted = 'write it as a literal, a constant or getenv()'
  return refuse(name, place, same ? `is computed by ${value.what}: ${wanted}` : `depends on ${value.what}${elsewhere}: ${wanted}`)
}

const refuse = (name: string, place: Place, what: string): WpConfigError =>
  new WpConfigError(place.file, place.line, `${name} ${what}`)

function tablePrefixOf(prefix: Value, end: Place): string {
  if (isUnknown(prefix)) throw computed('$table_prefix', prefix, prefix.place)
  const text = textOf(prefix) ?? ''
  if (!/^[A-Za-z0-9_]+$/.test(text)) throw refuse('$table_prefix', end, 'is not made of letters, digits and underscores only')
  return text
}

function charsetOf(text: string, { place }: Constant): string {
  if (!/^[A-Za-z0-9_]+$/.test(text)) throw refuse('DB_CHARSET', place, 'is not made of letters, digits and underscores only')
  return text
}
