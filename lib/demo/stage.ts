import { randomBytes } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processStart } from '../engine/kernel.ts'
import { HOME } from '../program/command-line.ts'
import { type Mariadb, startMariadb } from '../sandbox/mariadb.ts'
import { output } from '../sandbox/process.ts'

/** One of the demo's two hosts: a folder that stands for a machine, and a database server of its own. */
export interface DemoHost {
  readonly name: 'web1' | 'web2'
  readonly vhosts: string
  readonly logs: string
  readonly mariadb: Mariadb
}

/** All that the demo plays on. Leaving it stops the database servers; the folder stays. */
export interface Stage extends AsyncDisposable {
  readonly folder: string
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
    paths: { state: join(home, 'state'), cache: join(home, 'cache'), logs: join(home, 'logs'), run: join(home, 'run') },
  }
  return `${JSON.stringify(fields, undefined, 2)}\n`
}

const PREFIX = 'holdfast-demo-'
/** Names the process that plays in a sandbox, so that another demo does not remove it meanwhile. */
const PLAYER = 'demo.pid'

/** Makes the folder of this demo, and removes those of earlier ones that have ended. Only this user can enter it. */
async function newSandbox(): Promise<string> {
  for (const folder of earlier()) await rm(folder, { recursive: true, force: true })
  const folder = await mkdtemp(join(tmpdir(), PREFIX))
  await writeFile(join(folder, PLAYER), `${process.pid} ${processStart(process.pid)}\n`)
  return folder
}

function earlier(): string[] {
  const folders = readdirSync(tmpdir()).filter(name => name.startsWith(PREFIX))
  return folders.map(name => join(tmpdir(), name)).filter(folder => isMine(folder) && !isPlayed(folder))
}

function isMine(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  return stat?.isDirectory() === true && stat.uid === process.getuid?.()
}

function isPlayed(folder: string): boolean {
  try {
    const [pid, ...start] = readFileSync(join(folder, PLAYER), 'utf8').trim().split(' ')
    return processStart(Number(pid)) === start.join(' ')
  } catch {
    return false
  }
}

const PARTS = ['cert', 'chain', 'fullchain', 'privkey'] as const

/** Makes a self-signed certificate, laid out as Let's Encrypt does: `archive/`, `live/` and `renewal/`. */
export async function makeLineage(folder: string, domain: string): Promise<void> {
  const [archive, live, renewal] = [join(folder, 'archive', domain), join(folder, 'live', domain), join(folder, 'renewal')]
  for (const each of [archive, live, renewal]) await mkdir(each, { recursive: true, mode: 0o700 })
  const file = (part: string): string => join(archive, `${part}1.pem`)
  const name = ['-subj', `/CN=${domain}`, '-addext', `subjectAltName=DNS:${domain}`]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('privkey')]
  const certificate = await output('openssl', ['req', '-x509', '-days', '90', ...name, ...key])
  for (const part of PARTS) {
    if (part !== 'privkey') await writeFile(file(part), certificate)
    await symlink(`../../archive/${domain}/${part}1.pem`, join(live, `${part}.pem`))
  }
  await writeFile(
    join(renewal, `${domain}.conf`),
    `cert = ${live}/cert.pem\nprivkey = ${live}/privkey.pem\n\n[renewalparams]\nauthenticator = standalone\n`,
  )
}
