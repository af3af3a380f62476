import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type Daemon, output, startDaemon, untilReady } from './process.ts'

/** A MariaDB server, reached by its socket only. The user that started it administers it. */
export interface Mariadb extends Daemon {
  readonly socket: string
  /** Runs SQL as the administrator; returns the rows as tab-separated text without headings. */
  query(sql: string, database?: string): Promise<string>
}

/** The kernel's limit of a socket's path is 108 bytes, its closing zero included. */
const LONGEST_SOCKET = 107

/**
 * Starts a MariaDB server with its data, log and socket in `folder`; data already there is served again. It runs as the
 * calling user, root too, so that it works below any private folder. What a site's own account could reach through it
 * is closed instead: the machine's files (`secure_file_priv`) and the network.
 */
export async function startMariadb(folder: string, options: readonly string[] = []): Promise<Mariadb> {
  const home = resolve(folder)
  const data = join(home, 'data')
  for (const each of ['tmp', 'files']) await mkdir(join(home, each), { recursive: true })
  if (!existsSync(join(data, 'mysql'))) await createData(data, join(home, 'tmp'))
  const socket = await socketPath(home)
  const daemon = await startDaemon('mariadbd', [...serverOptions(home, data, socket), ...options], { env: environment() })
  const explain = () => `mariadbd in ${home} did not start: ${endOf(join(home, 'mariadbd.log'))}`
  await untilReady(daemon, () => greets(socket), explain)
  return asMariadb(daemon, home, socket)
}

function asMariadb(daemon: Daemon, home: string, socket: string): Mariadb {
  const forget = async () => {
    if (dirname(socket) !== home) await rm(dirname(socket), { recursive: true, force: true })
  }
  const stop = () => daemon.stop().then(forget)
  const query = (sql: string, database?: string) => output('mariadb', clientOptions(socket, database), sql)
  return { ...daemon, socket, query, stop, kill: () => daemon.kill().then(forget), [Symbol.asyncDispose]: stop }
}

function clientOptions(socket: string, database: string | undefined): string[] {
  const options = ['--no-defaults', '--batch', '--skip-column-names', '--default-character-set=utf8mb4', `--socket=${socket}`]
  return [...options, `--user=${userInfo().username}`, ...(database === undefined ? [] : [`--database=${database}`])]
}

/** The system tables, without waiting for the disk. A server clears its temporary folder: none may share it. */
async function createData(data: string, temporary: string): Promise<void> {
  const owner = userInfo().username
  const administrator = ['--auth-root-authentication-method=socket', `--auth-root-socket-user=${owner}`, `--user=${owner}`]
  const quick = ['--skip-test-db', '--skip-name-resolve', '--innodb-log-file-size=16M', '--innodb-flush-method=nosync']
  await output(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${data}`, `--tmpdir=${temporary}`, ...administrator, ...quick],
    '',
    {
      env: environment(),
    },
  )
}

/** Small and quick, yet true InnoDB; nothing of the machine's own configuration. */
function serverOptions(home: string, data: string, socket: string): string[] {
  const places = [
    `--datadir=${data}`,
    `--socket=${socket}`,
    `--tmpdir=${join(home, 'tmp')}`,
    `--pid-file=${join(home, 'mariadbd.pid')}`,
  ]
  const closed = ['--skip-networking', `--secure-file-priv=${join(home, 'files')}`, '--local-infile=0', '--skip-symbolic-links']
  const small = ['--innodb-buffer-pool-size=32M', '--innodb-log-file-size=16M', '--performance-schema=OFF', '--skip-log-bin']
  const quick = ['--innodb-flush-log-at-trx-commit=2', '--sync-binlog=0', '--innodb-fast-shutdown=1']
  const texts = ['--character-set-server=utf8mb4', `--log-error=${join(home, 'mariadbd.log')}`]
  return ['--no-defaults', `--user=${userInfo().username}`, ...places, ...closed, ...small, ...quick, ...texts]
}

async function socketPath(home: string): Promise<string> {
  const path = join(home, 'mariadbd.sock')
  if (Buffer.byteLength(path) <= LONGEST_SOCKET) return path
  return join(await mkdtemp(join(tmpdir(), 'holdfast-')), 'mariadbd.sock')
}

/** A user's PATH may lack the folder that mariadbd is in. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
}

/**
 * That its socket takes a connection is not enough: it listens before it has started, and a SIGTERM in between leaves
 * it hanging for ever (seen with MariaDB 10.11).
 */
function greets(socket: string): Promise<boolean> {
  return new Promise(resolve => {
    const attempt = connect(socket)
    attempt.once('data', () => resolve(true)).once('error', () => resolve(false))
    attempt.once('data', () => attempt.destroy()).once('close', () => resolve(false))
  })
}

function endOf(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8').slice(-2000) : 'it wrote no log'
}
