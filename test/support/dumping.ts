import { join } from 'node:path'
import { after, before } from 'node:test'
import type { Outcome, RunEvent } from '../../lib/core/outcome.ts'
import type { Secret } from '../../lib/core/secret.ts'
import { partName } from '../../lib/database/dump-parts.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Host } from '../../lib/inventory/schema.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { dumpDatabase, isWordPress } from '../../lib/steps/save.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { dumpTextIn } from './dump-text.ts'
import { hostIn, ownFolder, siteOf } from './host.ts'
import { outcomeOf, perform } from './perform.ts'
import { type TinyWordpress, tinyWordpress } from './tiny-wordpress.ts'

/** A host with a database server and a site `shop`, for tests of dumps: filled in before the first test of the file. */
export interface Dumping {
  readonly folder: string
  readonly mariadb: Mariadb
  readonly host: Host
  readonly shop: TinyWordpress
}

/** Makes one for this test file. */
export function dumping(name: string): Dumping {
  const made = { folder: ownFolder(name) } as { -readonly [Key in keyof Dumping]: Dumping[Key] }
  before(async () => {
    made.mariadb = await startMariadb(join(made.folder, 'db'))
    made.host = hostIn(made.folder, { database: { socket: made.mariadb.socket } })
    made.shop = await tinyWordpress(made.host.vhosts, 'shop', 'shop', made.mariadb)
  })
  after(() => made.mariadb.stop())
  return made
}

/** Dumps a site's database by the step. */
export async function dump(
  { host }: Dumping,
  site: TinyWordpress,
  { on, ...options }: { on?: Host; dry?: boolean; stop?: AbortSignal; onEvent?: (event: RunEvent) => void } = {},
): Promise<Outcome> {
  const chain = recipe<Needs<'host' | 'secrets' | 'site'>>().only('WordPress', isWordPress, only => only.do(dumpDatabase))
  const facts = {
    host: on ?? host,
    secrets: new Map<string, Secret>(),
    site: siteOf(host, site.name, { wpConfig: site.config }),
  }
  return outcomeOf(await perform(chain, facts, options), 'db-dump')
}

/** Dumps it, and wants it to be well. */
export async function dumpWell(stage: Dumping, site: TinyWordpress): Promise<void> {
  const { status, reason } = await dump(stage, site)
  if (status !== 'done') throw new Error(reason)
}

export const dumpFolderOf = (site: TinyWordpress): string => join(site.folder, '.holdfast', 'database.tables')
export const dumpFileOf = (site: TinyWordpress, table = 'wp_posts'): string => join(dumpFolderOf(site), partName('table', table))
export const dumpTextOf = (site: TinyWordpress): string => dumpTextIn(site.folder)
