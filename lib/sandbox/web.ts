import { type AddressInfo, connect, createServer } from 'node:net'
import { type Daemon, startDaemon, untilReady } from './process.ts'

export interface Answer {
  readonly status: number
  readonly body: string
}

export interface WebServer extends Daemon {
  /** `http://127.0.0.1:PORT`, without a closing slash. */
  readonly url: string
  readonly port: number
  /** Asks for a page; redirects are answers too, they are not followed. @throws when nothing came back in 30 s */
  get(path: string): Promise<Answer>
}

interface ServeOptions {
  /** The socket that PHP takes for the database host `localhost`: for a site whose wp-config.php does not name one. */
  readonly socket?: string
  readonly settings?: readonly string[]
  readonly memory?: number
}

/** Serves a web root with PHP's own server, for code that is trusted or in a sandbox. @throws when it does not start */
export async function serve(siteRoot: string, options: ServeOptions = {}): Promise<WebServer> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const settings = ['display_errors=0', ...(options.settings ?? [])].flatMap(setting => ['-d', setting])
  const args = ['-q', '-S', `127.0.0.1:${port}`, '-t', siteRoot, ...settings, ...localDatabase(options.socket)]
  const limits = options.memory === undefined ? [] : ['prlimit', `--as=${options.memory}`, '--']
  const [program = '', ...words] = [...limits, 'php', ...args]
  const daemon = await startDaemon(program, words)
  const explain = () => `php did not serve ${siteRoot} on ${url}`
  await untilReady(daemon, () => answers(port), explain)
  return { ...daemon, url, port, get: path => get(new URL(path, url)) }
}

/** PHP's options that make `localhost` mean this socket. */
export function localDatabase(socket: string | undefined): string[] {
  return socket === undefined ? [] : ['-d', `mysqli.default_socket=${socket}`, '-d', `pdo_mysql.default_socket=${socket}`]
}

async function get(url: URL): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(30_000) })
  return { status: response.status, body: await response.text() }
}

/** Any answer will do: the site itself may be broken, which is for the caller to find out. */
function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const attempt = connect(port, '127.0.0.1', () => resolve(true))
    attempt.on('connect', () => attempt.destroy()).on('error', () => resolve(false))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
