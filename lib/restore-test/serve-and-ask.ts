/**
 * Runs inside the sandbox of a restored site, as a user that nothing else on the machine has, and dies with it: starts
 * a database server of its own, imports the dump, serves the site and asks it. Standard input: {@link ToServe} as JSON;
 * it prints {@link Served}. The site's own programs run as the same user: what it says of itself is no more to be
 * trusted than its pages are, and this no more than that.
 */
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Page, SetAnswer } from '../core/page.ts'
import { lastMomentOf } from '../database/history-rows.ts'
import { writeImportable } from '../database/importable.ts'
import { OpenedDump } from '../database/opened-dump.ts'
import { escapePattern, quoteName, quoteText } from '../database/sql.ts'
import { type Asking, askPages, getPage, type Question } from '../host/ask-pages.ts'
import { type Mariadb, startMariadb } from '../sandbox/mariadb.ts'
import { output } from '../sandbox/process.ts'
import { serve } from '../sandbox/web.ts'

/** What is served and asked inside the sandbox: paths are those in there. */
export interface ToServe {
  readonly root: string
  readonly work: string
  /** Those that it has, with their restored dumps; none for a site that is no WordPress. */
  readonly databases: readonly {
    readonly name: string
    readonly user: string
    readonly password: string
    readonly dump: string
  }[]
  /** Where the site looks for their server, when that is no socket. */
  readonly port: number | undefined
  readonly question: Question
  /** A program that judges the pages instead of the question. */
  readonly judge: string | undefined
  /** Seconds for the answer to all pages together. */
  readonly request: number
}

export interface Served {
  /** Seconds that the import took; absent where there was none, or it failed. */
  readonly imported?: number | undefined
  /** The dump could not be imported, as the answer says. */
  readonly importFailed?: true | undefined
  readonly answer: SetAnswer
}

/** Bytes that PHP and all that it starts may have, each process. */
const PHP_MEMORY = 1024 ** 3

async function serveAndAsk({ root, work, databases, port, question, judge, request }: ToServe): Promise<Served> {
  const mariadb = databases.length > 0 ? await startMariadb(join(work, 'database'), serverOptions(port)) : undefined
  const began = performance.now()
  for (const database of mariadb ? databases : []) {
    const said = await importDump(mariadb!, database, join(work, 'import.sql'))
    if (said !== undefined) return { importFailed: true, answer: { works: false, said: `its dump cannot be imported: ${said}` } }
  }
  const imported = mariadb && (performance.now() - began) / 1000
  const socket = mariadb ? { socket: mariadb.socket } : {}
  const web = await serve(root, { ...socket, settings: settingsOf(request), memory: PHP_MEMORY })
  if (judge !== undefined) return { imported, answer: await askProgram(judge, question, web.url, request) }
  const late = AbortSignal.timeout(request * 1000)
  const get = async ({ url, host }: Asking): Promise<Page> => {
    const { protocol, pathname, search, host: named } = new URL(url)
    // there is one server for all addresses: a header says where HTTPS was meant
    const headers = protocol === 'https:' ? { 'x-holdfast-https': 'on' } : {}
    return await getPage({ url: `${web.url}${pathname}${search}`, host: host ?? named }, late, { headers })
  }
  const why = (error: unknown): string =>
    late.aborted ? `no whole answer within ${request} s` : ((error as NodeJS.ErrnoException).code ?? 'no answer')
  const { works, said } = await askPages(question, get, why)
  return { imported, answer: { works, said: said.slice(0, 200) } }
}

/** What a program says of the pages, until it says of one that it does not work. */
async function askProgram(judge: string, { urls, host }: Question, server: string, seconds: number): Promise<SetAnswer> {
  for (const url of urls) {
    const { pathname, search, host: named } = new URL(url)
    const env = { ...process.env, HOLDFAST_HOST: host ?? named }
    const words = [`${server}${pathname}${search}`]
    const error = await output(judge, words, '', { env, timeout: seconds * 1000 }).then(() => undefined, String)
    const [, said] = /^Error: (.*)$/s.exec(error ?? '') ?? []
    if (error !== undefined) return { works: false, said: `${pathname}: ${lastLine(said ?? error)}`.slice(0, 200) }
  }
  return { works: true, said: 'the program says so' }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)!

/** Nothing that it writes or sends goes anywhere: mail ends here. */
const settingsOf = (request: number): string[] => [
  'sendmail_path=cat >/dev/null',
  'session.save_path=/tmp',
  'sys_temp_dir=/tmp',
  'memory_limit=512M',
  'variables_order=EGPCS',
  `max_execution_time=${Math.ceil(request)}`,
  `auto_prepend_file=${join(import.meta.dirname, 'https.php')}`,
]

const serverOptions = (port: number | undefined): string[] => [
  '--max-allowed-packet=1G',
  '--innodb-buffer-pool-size=128M',
  '--innodb-doublewrite=0',
  ...(port === undefined ? [] : ['--skip-networking=0', '--bind-address=*', `--port=${port}`]),
]

type Database = ToServe['databases'][number]

/** Imports the dump as a restore does, as the site's account. Gives what the server refused. */
async function importDump(
  mariadb: Mariadb,
  { name, user, password, dump }: Database,
  beside: string,
): Promise<string | undefined> {
  const accounts = ['localhost', '%'].map(host => `${quoteText(user)}@${quoteText(host)}`)
  await mariadb.query(
    [
      `CREATE DATABASE ${quoteName(name)} CHARACTER SET utf8mb4;`,
      ...accounts.flatMap(account => [
        `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY ${quoteText(password)};`,
        `GRANT ALL ON ${quoteName(escapePattern(name))}.* TO ${account};`,
      ]),
    ].join('\n'),
  )
  const rows = async (sql: string): Promise<string[][]> => (await mariadb.query(sql)).split('\n').map(line => line.split('\t'))
  using opened = OpenedDump.at(dump)
  await writeImportable(opened?.paths ?? [], beside, name, await lastMomentOf({ rows }))
  const options = ['--no-defaults', '--binary-mode', '--local-infile=0', '--comments', '--max-allowed-packet=1G']
  const login = [`--socket=${mariadb.socket}`, `--user=${user}`, '--default-character-set=utf8mb4', `--database=${name}`]
  const words = ['-c', 'exec mariadb "$@" <"$0"', beside, ...options, ...login]
  try {
    await output('sh', words, '', { env: { ...process.env, MYSQL_PWD: password } })
    return undefined
  } catch (error) {
    return /ERROR \d+ \(\w+\) at line \d+/.exec(String(error))?.[0] ?? 'the client ended'
  }
}

const asked = JSON.parse(await text(process.stdin)) as unknown as ToServe
// what it started ends with the sandbox, which ends with this
process.stdout.write(JSON.stringify(await serveAndAsk(asked)), () => process.exit(0))
