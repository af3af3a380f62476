import { open, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { diskTrouble } from '../core/disk-trouble.ts'
import { messageOf } from '../core/message.ts'
import { claimDatabase } from '../database/claims.ts'
import { isComplete } from '../database/dump-file.ts'
import { withOptionFile } from '../database/option-file.ts'
import { dumpLimits } from '../database/time-limits.ts'
import type { Condition, Step } from '../engine/step.ts'
import { type Companion, openCompanion } from './companion.ts'
import { databaseAccessOf } from './database-access.ts'
import type { Needs } from './facts.ts'
import { sameBytes } from './same-bytes.ts'

/** The dump's name in the companion folder. */
export const DUMP = 'database.sql'

/** Applies to a site whose `wp-config.php` is there. */
export const isWordPress: Condition<Needs<'site'>, { wpConfig: string }> = ({ site }) =>
  site.local?.wpConfig === undefined ? 'a static site has no database' : { wpConfig: site.local.wpConfig }

/**
 * Options that make a dump consistent (one transaction), whole (routines, events, triggers), exact (binary columns in hex) and much the same from
 * one day to the next: ordered by key, one row a line, no date. Sources: mariadb-dump(1); the sizes in reference/cost.md.
 */
const SHAPE = [
  '--single-transaction',
  '--quick',
  '--skip-lock-tables',
  '--routines',
  '--events',
  '--triggers',
  '--hex-blob',
  '--order-by-primary',
  '--skip-extended-insert',
  '--skip-dump-date',
  '--no-autocommit',
  '--no-tablespaces',
  '--default-character-set=utf8mb4',
  '--max-allowed-packet=1G',
]

/**
 * Dumps the site's database into its companion folder (S14), by the site's own account. Written beside and renamed when it is complete; left untouched when
 * the bytes are the same, and given a later time when they are not, without which duplicity would miss the change.
 */
export const dumpDatabase: Step<Needs<'host' | 'secrets' | 'site'> & { wpConfig: string }, void> = {
  name: 'db-dump',
  title: 'Dump the database',
  run: async ({ host, secrets, site, wpConfig }, shell) => {
    const access = await databaseAccessOf({ host, secrets, shell }, site, site.folder, wpConfig)
    await claimDatabase(host, site, access, shell).catch(error => {
      // it was compared with all that is recorded: that a full disk takes no more is no reason to make no backup
      if (diskTrouble(error) === undefined) throw error
      shell.note('problem', `its database cannot be recorded as its own: ${messageOf(error)}`)
    })
    await using companion = await openCompanion(site.folder, shell)
    const beside = join(companion.path, `${DUMP}.new`)
    const client = shell.with({ stdout: () => open(beside, 'w', 0o600), explain: explainDump, ...dumpLimits(host, beside) })
    await withOptionFile(host, access, option => client.act`${host.database.dumpProgram} ${option} ${SHAPE} ${access.database}`)
    await shell.act(`check ${DUMP}.new and put it in place of ${DUMP}`, () => putInPlace(companion, beside))
  },
}

function explainDump(failure: { message: string; stderr: string }): Error | undefined {
  const said = failure.stderr.trim().split('\n').at(-1) ?? ''
  return said === '' ? undefined : new Error(`the database could not be dumped: ${said.replace(/^.*?: (?=Got error)/, '')}`)
}

async function putInPlace(companion: Companion, beside: string): Promise<void> {
  const place = join(companion.path, DUMP)
  if (!(await isComplete(beside))) throw new Error('the dump is not complete: it does not end with its completion line')
  const old = await stat(place).catch(() => undefined)
  if (old && (await sameBytes(beside, place))) return await rm(beside)
  const time = Math.max(Math.floor(Date.now() / 1000), old ? Math.floor(old.mtimeMs / 1000) + 1 : 0)
  await utimes(beside, time, time)
  await rename(beside, place)
}
