import { isWithin } from '../core/path.ts'
import { MODE_HEADER, type SiteMode } from '../core/site-mode.ts'
import { AUTHORITIES, type ModePlan, modeLine } from './mode-page.ts'
import { virtualHosts } from './virtual-hosts.ts'

/**
 * Apache's configuration of a site that another host serves: each virtual host with its root in the site keeps where it
 * listens, its names, its certificate and its logs, and hands all requests on. Those of other sites stay as they are.
 * @param text of the file that serves the site
 * @returns undefined where no such virtual host can be found in it
 */
export function apacheForward(text: string, plan: ModePlan): string | undefined {
  const { mode, roots, loaders } = plan
  const parts = text.replace(/\\\n/g, ' ').split(/^([ \t]*<VirtualHost\b[^\n]*\n[\s\S]*?^[ \t]*<\/VirtualHost>)/im)
  const isOwn = (part: string): boolean =>
    /^\s*<VirtualHost\b/i.test(part) &&
    virtualHosts('apache', part).some(each => each.roots.some(root => roots.some(own => isWithin(root.replace(/\/+$/, ''), own))))
  if (!parts.some(isOwn)) return undefined
  return [modeLine(mode), ...loaderLines(loaders), parts.map(part => (isOwn(part) ? forwarded(part, mode) : part)).join('')].join(
    '\n',
  )
}

/** Loads what is not loaded yet. */
export const loaderLines = (loaders: ModePlan['loaders']): string[] =>
  Object.entries(loaders).flatMap(([name, file]) => [`<IfModule !${name}_module>`, `  Include "${file}"`, '</IfModule>'])

const KEPT =
  /^\s*(?:Server(?:Name|Alias|Admin)|ErrorLog|CustomLog|LogLevel|Protocols|SSL(?!Proxy)\w+|Include(?:Optional)?\s+\S*ssl\S*)\b/i

function forwarded(part: string, mode: SiteMode): string {
  const to = mode.kind === 'forward' ? mode.to.replace(/\/+$/, '') : ''
  const [first = '', ...lines] = part.split('\n')
  const kept = outsideOfSections(lines.slice(0, -1)).filter(line => KEPT.test(line))
  const news = [
    'ProxyRequests Off',
    'ProxyPreserveHost On',
    'AllowEncodedSlashes NoDecode',
    ...(to.startsWith('https:')
      ? [
          'SSLProxyEngine On',
          'SSLProxyVerify require',
          'SSLProxyVerifyDepth 5',
          `SSLProxyCACertificateFile "${AUTHORITIES}"`,
          'SSLProxyCheckPeerName On',
          'SSLProxyCheckPeerExpire On',
        ]
      : []),
    'RequestHeader set X-Forwarded-Proto "expr=%{REQUEST_SCHEME}"',
    `Header always set ${MODE_HEADER} forward`,
    `ProxyPass "/" "${to}/" nocanon retry=0`,
    '<Location "/">',
    '  Require all granted',
    '</Location>',
  ]
  return [first, ...kept, ...news.map(line => `  ${line}`), lines.at(-1)].join('\n')
}

/** Lines that stand in no section but `<IfModule>`, whose own lines are left out. */
function outsideOfSections(lines: readonly string[]): string[] {
  let depth = 0
  return lines.filter(line => {
    const [, slash, name] = /^\s*<(\/?)(\w+)/.exec(line) ?? []
    if (name === undefined) return depth === 0
    if (!/^IfModule$/i.test(name)) depth += slash === '' ? 1 : -1
    return false
  })
}
