import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HOME } from '../program/command-line.ts'
import { type Mariadb, startMariadb } from '../sandbox/mariadb.ts'
import { makeLineage } from './certificate.ts'
import { newSandbox } from './sandbox-folder.ts'

/** One of the demo's two hosts: a folder that stands for a machine, and a database server of its own. */
export interface DemoHost {
  readonly name: 'web1' | 'web2'
  /** Its vhosts root. */
  readonly vhosts: string
  readonly logs: string
  readonly mariadb: Mariadb
}

/** All that the demo plays on. Leaving it stops the database servers; the folder stays. */
export interface Stage extends AsyncDisposable {
  readonly folder: string
  /** Where the two inventories are. */
  readonly inventory: string
  readonly archive: string
  readonly web1: DemoHost
  readonly web2: DemoHost
}

/** The domain of the WordPress site, whose certificate web1 has. */
export const DOMAIN = 'blog.example'

/** Makes the sandbox: inventories, a passphrase, a certificate, and a MariaDB for each host. */
export async function openStage(): Promise<Stage> {
  const folder = await newSandbox()
  await using servers = new AsyncDisposableStack()
  const [inventory, archive] = [join(folder, 'hosts'), join(folder, 'archive')]
  await mkdir(inventory)
  await writeFile(join(folder, '.env'), `HOLDFAST_PASSPHRASE=${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  const open = async (name: DemoHost['name']): Promise<DemoHost> => {
    const [vhosts, logs] = [join(folder, name, 'vhosts'), join(folder, name, 'logs')]
    await mkdir(vhosts, { recursive: true })
    const mariadb = servers.use(await startMariadb(join(folder, name, 'mariadb')))
    await writeFile(join(inventory, `${name}.json`), inventoryText(join(folder, name), vhosts, archive, mariadb.socket))
    return { name, vhosts, logs, mariadb }
  }
  const [web1, web2] = [await open('web1'), await open('web2')]
  await makeLineage(join(folder, 'web1', 'letsencrypt'), DOMAIN)
  const running = servers.move()
  return { folder, inventory, archive, web1, web2, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** An inventory as a person would write it in JSON, but for the paths that keep it inside the sandbox. */
function inventoryText(home: string, vhosts: string, archive: string, socket: string): string {
  const fields = {
    $schema: join(HOME, 'hosts', 'schema.json'),
    vhosts,
    archive: { kind: 'folder', path: archive },
    encryption: { kind: 'passphrase', secret: 'HOLDFAST_PASSPHRASE', generated: true },
    duplicity: { volumeSize: 10 },
    certificates: join(home, 'letsencrypt'),
    database: { socket },
    sites: { blog: { domains: [DOMAIN] } },
    allowance: 100,
    drillTime: 0,
    paths: { state: join(home, 'state'), cache: join(home, 'cache'), logs: join(home, 'logs'), run: join(home, 'run') },
  }
  return `${JSON.stringify(fields, undefined, 2)}\n`
}
