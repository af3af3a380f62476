import { isWithin } from '../core/path.ts'
import { KEY_HEADER, MODE_HEADER, type SiteMode } from '../core/site-mode.ts'
import { AUTHORITIES, type ModePlan, modeLine, modePage, NOT_ON_A_COPY, QUERIES_THAT_WRITE, RETRY_AFTER } from './mode-page.ts'
import { virtualHosts } from './virtual-hosts.ts'

/**
 * Apache's configuration that puts a mode in force for all virtual hosts with their root in the site, without a change
 * in them: an `<If>` of the main server is merged after their directories, locations and `.htaccess`, and a `Redirect`
 * in it comes before any handler, so that no rule, proxy or script of theirs is reached.
 */
export function apacheMode({ mode, roots, guard, key, loaders }: ModePlan): string {
  const ofSite = `%{DOCUMENT_ROOT} =~ m#^(?:${roots.map(literal).join('|')})(?:/|$)#`
  const isOwn = `%{HTTP:${KEY_HEADER}} == '${key}'`
  const refused = mode.kind === 'copy' ? WRITES : '%{REQUEST_URI} =~ m#^#'
  return [
    modeLine(mode),
    ...loaderLines(loaders),
    `<If "${ofSite}">`,
    ...guardLines(mode, guard).map(line => `  ${line}`),
    `  Header always set ${MODE_HEADER} ${mode.kind}`,
    '</If>',
    `<If "${ofSite} && !(${isOwn}) && (${refused})">`,
    '  Redirect 503 /',
    `  ErrorDocument 503 "${modePage(mode)}"`,
    `  Header always set Retry-After ${RETRY_AFTER}`,
    '</If>',
    '',
  ].join('\n')
}

/** Each character that is no plain one as PCRE has it: no quoting of Apache's, or expression, sees anything else. */
const literal = (path: string): string =>
  [...Buffer.from(path)]
    .map(byte => {
      const char = String.fromCharCode(byte)
      return /[\w/-]/.test(char) ? char : `\\x${byte.toString(16).padStart(2, '0')}`
    })
    .join('')

/** What a copy answers by 503. Expressions of Apache know no `\\?` within `m##`. */
const WRITES = [
  '!(%{REQUEST_METHOD} =~ /^(?:GET|HEAD|OPTIONS)$/)',
  `%{REQUEST_URI} =~ m#/(?:${NOT_ON_A_COPY})(?:/|$)#`,
  `%{QUERY_STRING} =~ /(?:^|&)(?:${QUERIES_THAT_WRITE})=/`,
  '-n %{HTTP:X-HTTP-Method-Override}',
].join(' || ')

/** For PHP as a module of Apache, and by FastCGI, which takes one setting only. */
function guardLines(mode: SiteMode, guard: string): string[] {
  return [
    `SetEnv HOLDFAST_MODE ${mode.kind}`,
    ...(mode.kind === 'copy' ? [`SetEnv HOLDFAST_MAIN "${new URL(mode.main).origin}/"`] : []),
    `SetEnv PHP_ADMIN_VALUE "auto_prepend_file=${guard}"`,
    ...['mod_php.c', 'mod_php7.c', 'mod_php5.c'].flatMap(name => [
      `<IfModule ${name}>`,
      `  php_admin_value auto_prepend_file "${guard}"`,
      '  php_admin_value sendmail_path "cat > /dev/null #"',
      '  php_admin_flag allow_url_fopen off',
      '</IfModule>',
    ]),
  ]
}

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

const loaderLines = (loaders: ModePlan['loaders']): string[] =>
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
