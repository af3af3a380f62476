import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { newestRestorePoint, printTime, type RestorePoint } from '../core/restore-point.ts'
import { restoreWords } from '../duplicity/args.ts'
import type { Condition, Step } from '../engine/step.ts'
import { accountSql } from '../wordpress/account-sql.ts'
import { isComplete, sandboxLineLength } from '../wordpress/dump.ts'
import { COMPANION } from './companion.ts'
import { databaseAccessOf } from './database-access.ts'
import { claimDatabase } from './database-claims.ts'
import { DUMP } from './db-dump.ts'
import { duplicityShell, targetOf } from './duplicity.ts'
import type { Needs } from './facts.ts'
import { adminOptions, withOptionFile } from './option-file.ts'
import { readRecord, updateRecord } from './site-record.ts'
import { wpConfigIn } from './sites.ts'

/** Applies when the archive has a set that this host has not replayed yet (S22). */
export const isBehind: Condition<Needs<'host' | 'site' | 'collection'>, { point: RestorePoint }> = ({
  host,
  site,
  collection,
}) => {
  const point = newestRestorePoint(collection)
  if (!point) return 'the archive holds no backup yet'
  if (readRecord(host, site.name).restoredFrom === point.time && site.local)
    return `the newest backup, of ${printTime(point.time)}, is here already`
  return { point }
}

type Fresh = { readonly fresh: string }

/** Restores the set into a fresh folder beside the live one, on the same file system. */
export const restoreFiles: Step<Needs<'host' | 'secrets' | 'site' | 'siteArchive'> & { point: RestorePoint }, Fresh> = {
  name: 'restore-files',
  title: ({ site, point }) => `Restore ${site.name} from ${printTime(point.time)}`,
  run: async ({ host, secrets, site, siteArchive, point }, shell) => {
    if (point.problems.length > 0) throw new Error(`the set cannot be restored: ${point.problems.join('; ')}`)
    const work = join(host.vhosts, '.holdfast')
    const fresh = join(work, `${encodeURIComponent(site.name)}.new`)
    mkdirSync(work, { recursive: true, mode: 0o700 })
    await shell.act`rm --recursive --force ${fresh}`
    const target = targetOf(host, site.name, siteArchive, 'restore')
    await duplicityShell(shell, host, secrets, target).act`${restoreWords({ ...target, into: fresh, time: point.time })}`
    return { fresh }
  },
}

/** Replaces the site's database by the restored dump, through an account that reaches only that one (S41). */
export const importDatabase: Step<Needs<'host' | 'secrets' | 'site'> & Fresh, void> = {
  name: 'import-database',
  title: 'Import the database',
  run: async ({ host, secrets, site, fresh }, shell) => {
    await shell.act(`import ${DUMP} of ${site.name}, where it has one`, async () => {
      const config = wpConfigIn(fresh)
      if (config === undefined) return
      const access = databaseAccessOf(host, secrets, site, fresh, config)
      shell.hide(access.password)
      await claimDatabase(host, site, access, shell)
      const dump = join(fresh, COMPANION, DUMP)
      if (!(await isComplete(dump))) throw new Error(`${dump} is not complete`)
      await shell.with({ input: accountSql(access) }).act`${host.database.clientProgram} ${adminOptions(host)} --batch`
      const skip = await sandboxLineLength(dump)
      const stdin = async () => {
        const file = await open(dump)
        if (skip > 0) await file.read(Buffer.alloc(skip), 0, skip)
        return file
      }
      await withOptionFile(
        host,
        access,
        option =>
          shell.with({ stdin })
            .act`${host.database.clientProgram} ${option} --binary-mode --default-character-set=utf8mb4 --max-allowed-packet=1G ${access.database}`,
      )
    })
  },
}

/** Puts the restored folder in the place of the live one. */
export const swapIn: Step<Needs<'host' | 'site'> & Fresh & { point: RestorePoint }, void> = {
  name: 'swap',
  title: 'Put it in place',
  run: async ({ host, site, fresh, point }, shell) => {
    const old = `${fresh}.old`
    const script = 'rm -rf "$3"; [ ! -e "$2" ] || mv -T "$2" "$3"; mv -T "$1" "$2" && rm -rf "$3"'
    await shell.act`sh -c ${script} swap ${fresh} ${site.folder} ${old}`
    await shell.act('remember what it was restored from', () => updateRecord(host, site.name, { restoredFrom: point.time }))
    shell.note('significant', `${site.name} is now as of ${printTime(point.time)}`)
  },
}
