import { z } from 'zod'
import type { DatabaseAccess, SiteData } from '../core/database-access.ts'
import { parseDatabaseHost } from '../core/database-access.ts'
import { Secret } from '../core/secret.ts'

/**
 * A WordPress configuration that does not say how the site reaches its database. The message never holds a password
 * (S40).
 */
export class WpConfigError extends Error {
  override readonly name = 'WpConfigError'
}

/** A constant: its bytes in base64, null when it is not defined, false when it is no text. */
const value = z
  .union([z.base64().max(8000), z.null(), z.literal(false)])
  .transform(text => (typeof text === 'string' ? Buffer.from(text, 'base64') : text))
const shown = z
  .string()
  .max(500)
  .regex(/^[^\p{Cc}]*$/u)

/** What show-config.php prints: a stranger's data, since the configuration itself can print the like. */
const schema = z.strictObject({
  values: z.strictObject({
    ...{ DB_NAME: value, DB_USER: value, DB_PASSWORD: value, DB_HOST: value, DB_CHARSET: value, table_prefix: value },
  }),
  asksHost: z.boolean(),
  sqlite: z.string().max(4000).nullable(),
  stopped: z.strictObject({ kind: shown, file: shown, line: z.int().min(0), missing: shown.nullable() }).nullable(),
})

export type ConfigAnswer = z.output<typeof schema>
type Values = ConfigAnswer['values']

/** @throws WpConfigError when it is nothing that show-config.php prints */
export function parseConfigAnswer(text: string): ConfigAnswer {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    throw new WpConfigError('PHP ran it and did not come to an end that could be read')
  }
}

/** The longest names that MariaDB knows, and passwords and hosts that anybody has. Characters. */
const LONGEST = { DB_NAME: 64, DB_USER: 128, DB_PASSWORD: 1000, DB_HOST: 300 } as const
const PLAIN = /^[A-Za-z0-9_]+$/

/** Ways to stop before PHP has run anything of the configuration, or with nothing that could count. */
const UNREAD = ['HoldfastUnreadable', 'ParseError']

/**
 * How a site reaches its database, from what PHP knows after its configuration.
 * @throws WpConfigError for a value that is missing or makes no sense; it says where PHP stopped, when it did
 */
export function accessOf({ values, stopped }: ConfigAnswer): DatabaseAccess {
  if (stopped !== null && UNREAD.includes(stopped.kind)) throw new WpConfigError(sentenceOf(stopped))
  const because = stopped === null ? '' : `: ${sentenceOf(stopped)}`
  const credential = (name: keyof typeof LONGEST): string => credentialOf(name, values, because)
  const access = { database: credential('DB_NAME'), user: credential('DB_USER'), password: new Secret(credential('DB_PASSWORD')) }
  const address = parseDatabaseHost(credential('DB_HOST'))
  if (!address)
    throw new WpConfigError('DB_HOST names no address; wanted host, host:port, localhost:/path/of/a/socket or [IPv6]:port')
  return { ...access, address, tablePrefix: tablePrefixOf(values.table_prefix, because), charset: charsetOf(values.DB_CHARSET) }
}

/** Whether two lead to the same tables, whoever opens them. */
export const isSameData = (one: SiteData, other: SiteData): boolean => JSON.stringify(keyOf(one)) === JSON.stringify(keyOf(other))

const keyOf = (data: SiteData) => ('sqlite' in data ? data : [data.database, data.address])

function credentialOf(name: keyof typeof LONGEST, values: Values, because: string): string {
  const bytes = values[name]
  if (bytes === null) throw new WpConfigError(`${name} is not defined${because}`)
  if (bytes === false) throw new WpConfigError(`${name} is not a text; wanted a string`)
  const text = textOf(bytes)
  if (text === undefined) throw new WpConfigError(`${name} is not valid UTF-8`)
  if (text.length > LONGEST[name])
    throw new WpConfigError(`${name} has ${text.length} characters; wanted ${LONGEST[name]} at most`)
  if (name === 'DB_PASSWORD') return text
  if (text === '') throw new WpConfigError(`${name} is empty`)
  if (/\p{Cc}/u.test(text)) throw new WpConfigError(`${name} holds a control character`)
  return text
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * WordPress has no default; a configuration that came to its end without one is an old one, whose tables begin with
 * `wp_`.
 */
function tablePrefixOf(bytes: Values['table_prefix'], because: string): string {
  if (bytes === null && because !== '') throw new WpConfigError(`$table_prefix is not set${because}`)
  const text = bytes === null ? 'wp_' : bytes === false ? '' : (textOf(bytes) ?? '')
  if (!PLAIN.test(text) || text.length > 64)
    throw new WpConfigError('$table_prefix is not made of letters, digits and underscores only')
  return text
}

function charsetOf(bytes: Values['DB_CHARSET']): string | undefined {
  const text = bytes ? textOf(bytes) : undefined
  return text !== undefined && PLAIN.test(text) ? text : undefined
}

/** Why PHP did not come to the end of a configuration. */
function sentenceOf({ kind, file, line, missing }: NonNullable<ConfigAnswer['stopped']>): string {
  const at = line > 0 ? ` in ${file}:${line}` : ''
  if (kind === 'HoldfastUnreadable') return "it cannot be read with the rights of its owner, or leads out of the site's folder"
  if (kind === 'exit') return 'it ends PHP before that'
  if (kind === 'ParseError') return `PHP finds a syntax error${at}`
  if (kind === 'Maximum execution time') return `PHP runs it for longer than a configuration may,${at}`
  if (kind === 'Allowed memory size') return `PHP needs more memory for it than a configuration may have,${at}`
  return missing === null ? `PHP stops${at} (${kind})` : `PHP stops${at}, where ${missing || 'something'} is missing`
}
