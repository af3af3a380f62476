import {
  byCount,
  certbotFile,
  each,
  isOnOrOff,
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

/** Where a directive stands: at the top of the file or in a section. `<IfModule>` is none of its own. */
export type Place = 'top' | 'virtualhost' | 'directory' | 'files'

const HOST: readonly Place[] = ['virtualhost']
const BOTH: readonly Place[] = ['virtualhost', 'directory']
const INNER: readonly Place[] = ['virtualhost', 'directory', 'files']

/** The variable of Debian's Apache for its folder of logs, which an administrator's own configuration sets. */
export const LOG_VARIABLE = '${APACHE_LOG_DIR}'

/** Debian's folder of Apache's logs. A folder in it may belong to anybody. */
const LOGS = /^(?:\/var\/log\/apache2|\$\{APACHE_LOG_DIR\})\/[A-Za-z0-9_][A-Za-z0-9._-]*$/
const isLog = (file: string): boolean => LOGS.test(file)
const OF_LOGS = `directly below /var/log/apache2 or ${LOG_VARIABLE}`

const OPTIONS = ['none', 'indexes', 'followsymlinks', 'symlinksifownermatch', 'multiviews']
const isOption = (word: string): boolean => {
  const [, sign, name = ''] = /^([+-]?)(.*)$/.exec(word.toLowerCase())!
  return OPTIONS.includes(name) || (sign === '-' && ['execcgi', 'includes', 'includesnoexec'].includes(name))
}

const OVERRIDES = ['all', 'none', 'authconfig', 'fileinfo', 'indexes', 'limit', 'options']

/** A redirect as certbot and WordPress write it; never a proxy, a program or a file outside the site. */
const SUBSTITUTIONS = [
  /^-$/,
  /^\/?index\.php$/,
  /^https:\/\/(?:%\{(?:SERVER_NAME|HTTP_HOST)\}|[A-Za-z0-9.-]+)(?:%\{REQUEST_URI\}|\/?\$1|\/)?$/,
]

const FLAGS =
  /^\[(?:(?:L|END|NE|NC|QSA|R|R=(?:30[1278]|permanent|temp|seeother)),)*(?:L|END|NE|NC|QSA|R|R=(?:30[1278]|permanent|temp|seeother))\]$/i
const EXPRESSION = /^!?=?[A-Za-z0-9_^$.()|*?+/\\-]+$/
const CONDITIONS = /^%\{(?:HTTPS|HTTP_HOST|QUERY_STRING|REQUEST_FILENAME|REQUEST_METHOD|REQUEST_URI|SERVER_NAME|SERVER_PORT)\}$/

const rewriteRule: Judge = ([pattern = '', substitution = '', flags, ...more]) =>
  more.length === 0 &&
  EXPRESSION.test(pattern) &&
  SUBSTITUTIONS.some(one => one.test(substitution)) &&
  (flags === undefined || FLAGS.test(flags))
    ? undefined
    : "wanted a redirect to https:// or a rule of WordPress's"

const rewriteCondition: Judge = ([tested = '', pattern = '', flags, ...more]) =>
  more.length === 0 &&
  CONDITIONS.test(tested) &&
  (/^!?-[fdsl]$/.test(pattern) || (EXPRESSION.test(pattern) && !/^!?-/.test(pattern))) &&
  (flags === undefined || /^\[(?:NC|OR|NC,OR|OR,NC)\]$/i.test(flags))
    ? undefined
    : 'wanted a plain test of the request'

const STATUS = /^(?:permanent|temp|seeother|30[12378])$/i
const isTarget = (word: string): boolean => /^https?:\/\/[A-Za-z0-9.-]+(?::\d+)?(?:\/[A-Za-z0-9._~/-]*)?$/.test(word)
const redirect: Judge = found => {
  const [path = '', target = ''] = found.length === 3 && STATUS.test(found[0]!) ? found.slice(1) : found.length === 2 ? found : []
  return isPagePath(path) && isTarget(target) ? undefined : 'wanted a path and a whole address, such as https://example.org/'
}

/** `SetHandler "proxy:unix:/run/php/….sock|fcgi://localhost"` with the socket that runs this site already. */
const phpSocket: Judge = one((handler, { sockets }) => {
  const socket = /^proxy:unix:([^|\s]+)\|fcgi:\/\/localhost\/?$/.exec(handler)?.[1]
  return socket !== undefined && sockets.includes(socket)
}, 'the socket of PHP that this site uses on this host already')

const HEADER =
  /^(?:(?:always|onsuccess) )?(?:(?:set|append|merge|add|setifempty) [A-Za-z0-9-]+ (?!expr=)[^%]+|unset [A-Za-z0-9-]+)$/i
const header: Judge = found => {
  const count = found.length - (/^(?:always|onsuccess)$/i.test(found[0] ?? '') ? 1 : 0)
  return count <= 3 && HEADER.test(found.join(' ')) ? undefined : 'wanted a header with a plain value'
}

/** All directives that a site's configuration may hold without approval. */
export const DIRECTIVES: Readonly<Record<string, Rule<Place>>> = {
  servername: rule(HOST, byCount({ 1: ([name = ''], rights) => ownNames([name.replace(/:\d+$/, '')], rights) }, 'one name')),
  serveralias: rule(HOST, ownNames),
  serveradmin: rule(HOST, words(/^[A-Za-z0-9.+_-]+@[A-Za-z0-9.-]+$/, 'an address of mail')),
  documentroot: rule(HOST, ownPath),
  directoryindex: rule(BOTH, each(isPlainName, 'names of files')),
  errorlog: rule(HOST, one(isLog, `a file ${OF_LOGS}`)),
  customlog: rule(HOST, ([file = '', format = '', ...more]) =>
    more.length === 0 && isLog(file) && /^[a-z_]+$/.test(format)
      ? undefined
      : `wanted a file ${OF_LOGS}, and the name of a format, such as combined`,
  ),
  loglevel: rule(
    HOST,
    each(word => /^(?:[a-z0-9_]+:)?(?:emerg|alert|crit|error|warn|notice|info)$/i.test(word), 'levels up to info'),
  ),
  protocols: rule(
    HOST,
    each(word => ['h2', 'h2c', 'http/1.1'].includes(word), 'h2, h2c or http/1.1'),
  ),
  sslengine: rule(HOST, isOnOrOff),
  sslcertificatefile: rule(HOST, ownCertificate('fullchain', 'cert')),
  sslcertificatekeyfile: rule(HOST, ownCertificate('privkey')),
  sslcertificatechainfile: rule(HOST, ownCertificate('chain', 'fullchain')),
  include: rule(HOST, certbotFile('options-ssl-apache.conf')),
  options: rule(BOTH, each(isOption, `${OPTIONS.join(', ')}, or others taken off`)),
  allowoverride: rule(
    ['directory'],
    each(word => OVERRIDES.includes(word.toLowerCase()), OVERRIDES.join(', ')),
  ),
  require: rule(['directory', 'files'], words(/^all (?:granted|denied)$/i, 'all granted or all denied')),
  sethandler: rule(['files'], phpSocket),
  rewriteengine: rule(BOTH, isOnOrOff),
  rewritebase: rule(['directory'], one(isPagePath, 'a path')),
  rewriterule: rule(BOTH, rewriteRule),
  rewritecond: rule(BOTH, rewriteCondition),
  redirect: rule(BOTH, redirect),
  errordocument: rule(BOTH, byCount({ 2: words(/^[45]\d\d \/[A-Za-z0-9._/-]*$/, 'a code and a page') }, 'a code and a page')),
  header: rule(INNER, header),
  expiresactive: rule(INNER, isOnOrOff),
  expiresdefault: rule(INNER, words(/^(?:access|now|modification) plus [A-Za-z0-9 ]+$/, 'access plus …')),
  expiresbytype: rule(INNER, words(/^[a-z0-9.+/-]+ (?:access|now|modification) plus [A-Za-z0-9 ]+$/, 'a type and access plus …')),
}

/** The sections, what is in them, and where they may be. */
export const SECTIONS: Readonly<Record<string, Rule<Place> & { readonly inside: Place }>> = {
  virtualhost: {
    inside: 'virtualhost',
    in: ['top'],
    // a certain address would be served before all names on any address, those of others among them
    judge: each(word => /^(?:\*|_default_):\d{1,5}$/.test(word), '*:PORT'),
  },
  directory: { inside: 'directory', in: HOST, judge: ownPath },
  files: { inside: 'files', in: BOTH, judge: one(isPlainName, 'the name of a file') },
  filesmatch: { inside: 'files', in: BOTH, judge: one(word => EXPRESSION.test(word), 'a plain pattern') },
}
