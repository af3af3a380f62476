import { createReadStream, createWriteStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { quoteName } from '../../wordpress/account-sql.ts'
import type { DatabaseAccess } from '../../wordpress/config.ts'
import { withoutDefiner } from '../../wordpress/definers.ts'
import { adminOptions, withOptionFile } from '../option-file.ts'
import { adminOf, type Contents, contentsOf, type ObjectKind } from './admin.ts'
import type { Hands } from './hands.ts'

/**
 * Writes what a database defines besides its tables (views, triggers, routines, events) into a file of SQL without definers; an empty file when
 * it defines nothing. Only files that are complete get the name.
 */
export async function saveDefinitions({ host, shell }: Hands, database: string, file: string): Promise<void> {
  const contents = await contentsOf(adminOf(host, shell), database)
  const views = contents?.view ?? []
  const others = contents ? [contents.trigger, contents.procedure, contents.function, contents.event].flat() : []
  const raw = `${file}.raw`
  const dump = [
    host.database.dumpProgram,
    ...adminOptions(host),
    '--no-data',
    '--skip-dump-date',
    '--skip-lock-tables',
    '--no-tablespaces',
  ]
  const into = shell.with({ stdout: () => open(raw, 'a', 0o600) })
  await rm(raw, { force: true })
  await (await open(raw, 'w', 0o600)).close()
  if (views.length > 0) await into.act`${dump} --skip-triggers ${database} ${views}`
  if (others.length > 0) await into.act`${dump} --no-create-info --triggers --routines --events ${database}`
  await cleanCopy(raw, `${file}.new`, database)
  await rename(`${file}.new`, file)
  await rm(raw)
}

/** Leaves out definers, and the database's own name: the definitions are made again in a database of another name. */
async function cleanCopy(from: string, to: string, database: string): Promise<void> {
  const own = `${quoteName(database)}.`
  const out = createWriteStream(to, { mode: 0o600 })
  for await (const line of createInterface({ input: createReadStream(from, 'latin1') })) {
    if (!line.includes('enable the sandbox mode'))
      out.write(Buffer.from(`${withoutDefiner(line).replaceAll(own, '')}\n`, 'latin1'))
  }
  out.end()
  await finished(out)
}

/**
 * Makes the definitions of a file in a site's database.
 * @param account gives the site's own account; only asked for where there is something to define
 */
export async function applyDefinitions(
  { host, shell }: Hands,
  file: string,
  account: () => DatabaseAccess | undefined,
): Promise<void> {
  if ((await stat(file)).size === 0) return
  const access = account()
  if (!access)
    throw new Error(`the views, triggers and routines in ${file} cannot be made: no wp-config.php of the site says its account`)
  const client = shell.with({ stdin: () => open(file) })
  await withOptionFile(
    host,
    access,
    option => client.act`${host.database.clientProgram} ${option} ${IMPORT_OPTIONS} ${access.database}`,
  )
}

/** How a client reads SQL that is not ours: no client commands, no local files, no second try. */
export const IMPORT_OPTIONS = ['--binary-mode', '--local-infile=0', '--default-character-set=utf8mb4', '--max-allowed-packet=1G']

const DROPS: Readonly<Record<Exclude<ObjectKind, 'table'>, string>> = {
  trigger: 'TRIGGER',
  view: 'VIEW',
  procedure: 'PROCEDURE',
  function: 'FUNCTION',
  event: 'EVENT',
}

/** SQL that drops all of these kinds from a database. */
export function dropSql(database: string, contents: Contents, kinds: readonly (keyof typeof DROPS)[]): string[] {
  return kinds.flatMap(kind =>
    contents[kind].map(name => `DROP ${DROPS[kind]} IF EXISTS ${quoteName(database)}.${quoteName(name)};`),
  )
}
