import { randomBytes } from 'node:crypto'
import { Secret } from '../core/secret.ts'
import type { Host } from '../inventory/schema.ts'
import { administrator, type DatabaseClient } from './client.ts'
import { connectOption, lockWaitSetting, queryLimits } from './time-limits.ts'

/**
 * What an administrator of the database server may do for a restore. SQL travels by standard input: it can hold a
 * password.
 */
export interface Admin {
  /** Begins the client that will be asked: it logs in meanwhile. */
  readonly prepare: () => void
  /** Runs statements that change something. */
  readonly run: (sql: string | Secret) => Promise<void>
  /** Gives the rows that statements print, as their columns, whatever characters are in them. */
  readonly rows: (sql: string) => Promise<string[][]>
  /** Gives the one JSON value that a query selects. */
  readonly ask: <Value>(sql: string) => Promise<Value>
}

/** Session settings: lists as long as they are, names as they are; what an earlier question changed as it was. */
export const sessionOf = (host: Host): string =>
  `SET SESSION group_concat_max_len = 1073741824, sql_mode = '', foreign_key_checks = DEFAULT, ${lockWaitSetting(host)};`

/**
 * How the client asks: rows that a program can read, nothing but SQL taken from what it is given, no file sent to a
 * server that asks for one.
 */
export const QUERY_OPTIONS = [
  '--batch',
  '--skip-column-names',
  '--binary-mode',
  '--unbuffered',
  '--local-infile=0',
  '--default-character-set=utf8mb4',
]

/** The question by which a client that is kept says that it has answered another one. */
export const endOfAnswer = (line: string): string => `SELECT '${line}';`

export const adminOf = (context: Parameters<typeof administrator>[0]): Admin => queriesOf(context.host, administrator(context))

/** The same for whoever speaks to a server. Each statement of theirs ends with a semicolon. */
export function queriesOf(host: Host, { shell, words, isKept }: DatabaseClient): Admin {
  const client = words(host.database.clientProgram, [...QUERY_OPTIONS, connectOption(host)])
  const session = isKept ? { endOfAnswer } : {}
  const quiet = shell.with({ onLine: () => {}, ...queryLimits(host), ...session, explain: queryFailed })
  const rows = async (sql: string): Promise<string[][]> =>
    await quiet.with({ input: `${sessionOf(host)} ${sql}` }).ask(rowsIn)`${client}`
  return {
    prepare: () => quiet.prepare`${client}`,
    run: async sql => {
      const text = typeof sql === 'string' ? sql : sql.reveal()
      await quiet.with({ input: new Secret(`${sessionOf(host)}\n${text}`) }).act`${client}`
    },
    rows,
    ask: async sql => JSON.parse((await rows(sql))[0]![0]!),
  }
}

/**
 * The same, for questions that are asked side by side (`Promise.all`): they travel as one, whose time they share, and
 * the refusal of one is that of all.
 */
export function asksTogether(admin: Admin): Admin {
  let waiting: (PromiseWithResolvers<string[][]> & { readonly sql: string })[] = []
  const send = async (): Promise<void> => {
    const questions = waiting
    waiting = []
    const mark = randomBytes(16).toString('hex') // what is printed comes from strangers, who cannot know it
    const sql = questions.map(each => each.sql).join(` SELECT '${mark}'; `)
    try {
      const printed = await admin.rows(sql)
      for (const { resolve } of questions) {
        const end = printed.findIndex(([value]) => value === mark)
        resolve(end < 0 ? printed : printed.splice(0, end + 1).slice(0, -1))
      }
    } catch (error) {
      for (const { reject } of questions) reject(error)
    }
  }
  const rows = (sql: string): Promise<string[][]> => {
    const question = { sql, ...Promise.withResolvers<string[][]>() }
    if (waiting.push(question) === 1) queueMicrotask(send)
    return question.promise
  }
  return { ...admin, rows, ask: async sql => JSON.parse((await rows(sql))[0]![0]!) }
}

/** Statements that the server refused, or could not be asked. */
export class QueryFailed extends Error {
  /** What it said: `1045 (28000): Access denied …`. */
  readonly said: string
  /** It could not be asked. */
  readonly isUnanswered: boolean

  constructor(said: string) {
    const isUnanswered = /^(20\d\d|1040|1053|1927) /.test(said)
    super(`the database server ${isUnanswered ? 'does not answer' : 'refused'}: ERROR ${said}`)
    this.said = said
    this.isUnanswered = isUnanswered
  }
}

/** The client shows the statement too, which can be very long: its last line of this kind says why. */
export function queryFailed({ stderr }: { stderr: string }): QueryFailed | undefined {
  const said = stderr.split('\n').findLast(line => line.startsWith('ERROR '))
  return said === undefined ? undefined : new QueryFailed(said.slice('ERROR '.length).replace(/ at line \d+/, ''))
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', t: '\t', 0: '\0' }

/** What the client prints in its batch form: a row a line, tabs between columns, either of them escaped in a value. */
const rowsIn = (printed: string): string[][] =>
  printed
    .split('\n')
    .slice(0, -1)
    .map(line => line.split('\t').map(value => value.replace(/\\(.)/g, (_, letter: string) => ESCAPED[letter] ?? letter)))
