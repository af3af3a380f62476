import { globSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Host } from '../../lib/inventory/schema.ts'
import { type Daemon, startDaemon, untilReady } from '../../lib/sandbox/process.ts'
import type { WebServerKind } from '../../lib/web-server/virtual-hosts.ts'

interface WebAnswer {
  readonly status: number
  readonly body: string
  readonly headers: IncomingHttpHeaders
}

/** What a request has besides its path. */
interface AskedWith {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
}

/** A real web server of a test, in a folder laid out as Debian's, with a site `other` that it serves. */
export interface RunningWebServer {
  readonly kind: WebServerKind
  readonly port: number
  /** What an inventory says of it. Its programs are named without a path. */
  readonly fields: NonNullable<Host['webServer']>
  /** The main file of its configuration. */
  readonly main: string
  /** The answer to a request for a page of the site with this name. */
  readonly get: (name: string, path?: string, more?: AskedWith) => Promise<WebAnswer>
  readonly stop: () => Promise<void>
}

/** One site's configuration, for the server's own words. */
export function siteConfiguration(kind: WebServerKind, port: number, name: string, root: string, more = ''): string {
  return kind === 'apache'
    ? `<VirtualHost *:${port}>\n  ServerName ${name}\n  DocumentRoot ${root}\n${more}  <Directory ${root}>\n    Require all granted\n  </Directory>\n</VirtualHost>\n`
    : `server {\n  listen ${port};\n  server_name ${name};\n  root ${root};\n${more}}\n`
}

/** Puts a site's configuration in force as an administrator does it. */
export function enable(folder: string, file: string, text: string): void {
  writeFileSync(join(folder, 'sites-available', file), text)
  symlinkSync(`../sites-available/${file}`, join(folder, 'sites-enabled', file))
}

/** How a web server runs PHP, if it does: as a module of Apache, or by a socket of php-fpm. */
export interface WithPhp {
  /** The socket of the database server that PHP takes for `localhost`. */
  readonly database: string
  readonly fpm?: string
}

/** Starts the real Apache or nginx in a folder, on a port of its own. */
export async function startWebServer(
  kind: WebServerKind,
  folder: string,
  otherRoot: string,
  php?: WithPhp,
): Promise<RunningWebServer> {
  const port = await freePort()
  for (const part of ['sites-available', 'sites-enabled', 'conf-enabled']) mkdirSync(join(folder, part), { recursive: true })
  const main = join(folder, kind === 'apache' ? 'apache2.conf' : 'nginx.conf')
  const pid = join('/run', `holdfast-test-${kind}-${process.pid}.pid`)
  writeFileSync(main, kind === 'apache' ? apacheConfiguration(folder, port, pid, php) : nginxConfiguration(folder, pid))
  enable(folder, 'other.conf', siteConfiguration(kind, port, 'other.example', otherRoot))
  const [test, reload, foreground] =
    kind === 'apache'
      ? [
          ['apache2', '-t', '-f', main],
          ['apache2', '-k', 'graceful', '-f', main],
          ['-D', 'FOREGROUND', '-f', main],
        ]
      : [
          ['nginx', '-t', '-c', main],
          ['nginx', '-s', 'reload', '-c', main],
          ['-g', 'daemon off;', '-c', main],
        ]
  const daemon: Daemon = await startDaemon(kind === 'apache' ? '/usr/sbin/apache2' : '/usr/sbin/nginx', foreground)
  const get = (name: string, path = '/', { method, headers, form }: AskedWith = {}) =>
    new Promise<WebAnswer>((resolve, reject) => {
      const type = form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}
      const options = {
        ...{ host: '127.0.0.1', port, path, agent: false },
        method: method ?? (form ? 'POST' : 'GET'),
        headers: { ...type, ...headers, host: name },
      }
      const asked = request(options, response => {
        let body = ''
        response.on('data', chunk => {
          body += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }))
      })
      asked.on('error', reject).end(form && new URLSearchParams(form).toString())
    })
  const answers = async (): Promise<boolean> => (await get('other.example').catch(() => undefined)) !== undefined
  await untilReady(daemon, answers, () => `${kind} does not answer`)
  const stop = async (): Promise<void> => {
    await daemon.stop()
    rmSync(pid, { force: true })
  }
  return { kind, port, fields: { kind, folder, test, reload }, main, get, stop }
}

function apacheConfiguration(folder: string, port: number, pid: string, php: WithPhp | undefined): string {
  const isModule = php !== undefined && php.fpm === undefined
  const modules = [
    ...[isModule ? 'mpm_prefork' : 'mpm_event', 'authz_core', 'dir', 'rewrite'],
    ...(php ? ['alias', 'env', 'headers', 'ssl', 'proxy', 'proxy_fcgi', 'proxy_http'] : []),
  ]
  return [
    `ServerRoot ${folder}`,
    'ServerName localhost',
    `Listen 127.0.0.1:${port}`,
    `PidFile ${pid}`,
    'User www-data',
    'Group www-data',
    'ErrorLog /dev/null',
    ...modules.map(name => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
    '<Directory />\n  Require all denied\n</Directory>',
    'DirectoryIndex index.php index.html',
    ...(php ? phpLines(php) : []),
    'IncludeOptional conf-enabled/*.conf',
    'IncludeOptional sites-enabled/*.conf',
    '',
  ].join('\n')
}

function phpLines({ database, fpm }: WithPhp): string[] {
  const handler = fpm === undefined ? 'application/x-httpd-php' : `proxy:unix:${fpm}|fcgi://localhost`
  return [
    ...(fpm === undefined
      ? [
          `LoadModule ${globSync('/usr/lib/apache2/modules/libphp*.so')[0]!.includes('libphp7') ? 'php7' : 'php'}_module ${globSync('/usr/lib/apache2/modules/libphp*.so')[0]}`,
          `php_admin_value mysqli.default_socket ${database}`,
        ]
      : []),
    `<FilesMatch "\\.php$">\n  SetHandler "${handler}"\n</FilesMatch>`,
  ]
}

const nginxConfiguration = (folder: string, pid: string): string => `user www-data;
pid ${pid};
error_log /dev/null;
events { }
http {
  access_log off;
  include ${folder}/sites-enabled/*;
}
`

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
