import {
  byCount,
  certbotFile,
  each,
  isPagePath,
  isPlainName,
  type Judge,
  one,
  ownCertificate,
  ownNames,
  ownPath,
  type Rule,
  rule,
  words,
} from './site-rights.ts'

export type Place = 'top' | 'server' | 'location' | 'if'

const SERVER: readonly Place[] = ['server']
const BOTH: readonly Place[] = ['server', 'location']

const LOGS = /^\/var\/log\/nginx\/[A-Za-z0-9_][A-Za-z0-9._-]*$/
const logFile =
  (more: RegExp): Judge =>
  ([file = '', ...rest]) =>
    (file === 'off' && rest.length === 0) || (LOGS.test(file) && more.test(rest.join(' ')))
      ? undefined
      : 'wanted a file directly below /var/log/nginx'

/** No certain address, which nginx would serve before all names, and no `default_server`. */
const listen: Judge = ([address = '', ...more], { ports }) => {
  const port = Number(/^(?:(?:\*|\[::\]):)?(\d{1,5})$/.exec(address)?.[1])
  if (!ports.includes(port)) return `wanted a port on which nginx listens here already: ${ports.join(', ')}`
  return more.every(word => ['ssl', 'http2', 'ipv6only=on'].includes(word)) ? undefined : 'wanted no more than ssl and http2'
}

const ADDRESS =
  /^https?:\/\/(?:\$host|\$server_name|[A-Za-z0-9.-]+)(?::\d+)?(?:\$request_uri|\/[A-Za-z0-9._~/-]*(?:\$request_uri)?)?$/
const isAddress = (word: string): boolean => ADDRESS.test(word)
const answer: Judge = byCount(
  {
    1: words(/^4\d\d$/, 'a code from 400 on'),
    2: ([code = '', address = '']) =>
      /^30[12378]$/.test(code) && isAddress(address) ? undefined : 'wanted a redirect to a whole address',
  },
  'a code, or a redirect',
)

const isTried = (word: string): boolean =>
  ['$uri', '$uri/', '=404', '=403'].includes(word) ||
  isPagePath(word.replace(/(?:\?\$(?:args|query_string)|\$is_args\$args)$/, ''))

/** Files of nginx's own that a PHP site includes; each is this host's. */
const INCLUDED = ['fastcgi_params', 'fastcgi.conf', 'snippets/fastcgi-php.conf']
const include: Judge = one(
  (file, { certificates }) =>
    INCLUDED.includes(file.replace(/^\/etc\/nginx\//, '')) || file === `${certificates}/options-ssl-nginx.conf`,
  ({ certificates }) => `${INCLUDED.join(', ')} or ${certificates}/options-ssl-nginx.conf`,
)

const PARAMETERS = [
  /^SCRIPT_FILENAME \$(?:document_root|realpath_root)\$fastcgi_script_name$/,
  /^DOCUMENT_ROOT \$(?:document_root|realpath_root)$/,
  /^PATH_INFO \$fastcgi_path_info$/,
  /^HTTPS (?:on|\$https(?: if_not_empty)?)$/,
]

const isSwitch: Judge = words(/^(?:on|off)$/, 'on or off')
const isPattern = (word: string): boolean => /^[A-Za-z0-9_^$.()|*?+/\\=!:<>-]+$/.test(word)

export const DIRECTIVES: Readonly<Record<string, Rule<Place>>> = {
  listen: rule(SERVER, listen),
  server_name: rule(SERVER, ownNames),
  root: rule(BOTH, ownPath),
  index: rule(BOTH, each(isPlainName, 'names of files')),
  access_log: rule(BOTH, logFile(/^(?:[a-z_]+)?$/)),
  error_log: rule(BOTH, logFile(/^(?:notice|info|warn|error|crit|alert|emerg)?$/)),
  return: rule(['server', 'location', 'if'], answer),
  try_files: rule(BOTH, each(isTried, '$uri, =404 or a page')),
  error_page: rule(BOTH, words(/^(?:[45]\d\d )+(?:=\d* )?\/[A-Za-z0-9._/-]*$/, 'codes and a page')),
  ssl_certificate: rule(SERVER, ownCertificate('fullchain', 'cert')),
  ssl_certificate_key: rule(SERVER, ownCertificate('privkey')),
  ssl_trusted_certificate: rule(SERVER, ownCertificate('chain', 'fullchain')),
  ssl_dhparam: rule(SERVER, certbotFile('ssl-dhparams.pem')),
  include: rule(BOTH, include),
  http2: rule(SERVER, isSwitch),
  autoindex: rule(BOTH, isSwitch),
  gzip: rule(BOTH, isSwitch),
  log_not_found: rule(BOTH, isSwitch),
  server_tokens: rule(BOTH, words(/^off$/, 'off')),
  charset: rule(BOTH, words(/^[A-Za-z0-9-]+$/, 'a character set')),
  client_max_body_size: rule(BOTH, words(/^\d+[kKmM]?$/, 'a size')),
  expires: rule(BOTH, words(/^(?:off|max|epoch|-?\d+[smhdwMy]?)$/, 'a time')),
  add_header: rule(BOTH, words(/^[A-Za-z0-9-]+ [^$]+$/, 'a header with a plain value')),
  allow: rule(BOTH, words(/^all$/, 'all')),
  deny: rule(BOTH, words(/^all$/, 'all')),
  fastcgi_pass: rule(
    ['location'],
    one(
      (address, { sockets }) => sockets.some(socket => address === `unix:${socket}`),
      'the socket of PHP that this site uses on this host already',
    ),
  ),
  fastcgi_index: rule(['location'], one(isPlainName, 'the name of a file')),
  fastcgi_param: rule(['location'], found =>
    PARAMETERS.some(one => one.test(found.join(' ')))
      ? undefined
      : 'wanted SCRIPT_FILENAME, DOCUMENT_ROOT, PATH_INFO or HTTPS as usual',
  ),
  fastcgi_split_path_info: rule(['location'], one(isPattern, 'a plain pattern')),
  fastcgi_intercept_errors: rule(['location'], isSwitch),
}

export const BLOCKS: Readonly<Record<string, Rule<Place> & { readonly inside: Place }>> = {
  server: { inside: 'server', in: ['top'], judge: found => (found.length === 0 ? undefined : 'wanted nothing before its brace') },
  location: {
    inside: 'location',
    in: BOTH,
    judge: found => {
      const [modifier = '', text = ''] = found.length === 1 ? ['=', ...found] : found
      const isWanted = ['=', '^~'].includes(modifier) ? isPagePath(text) : ['~', '~*'].includes(modifier) && isPattern(text)
      return found.length <= 2 && isWanted ? undefined : 'wanted a path or a plain pattern'
    },
  },
  if: { inside: 'if', in: SERVER, judge: words(/^\(\$host = [A-Za-z0-9.-]+\)$/, '($host = NAME)') },
}
