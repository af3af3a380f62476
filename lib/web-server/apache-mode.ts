import { KEY_HEADER, MODE_HEADER, type SiteMode } from '../core/site-mode.ts'
import { loaderLines } from './apache-forward.ts'
import { type ModePlan, modeLine, modePage, NOT_ON_A_COPY, QUERIES_THAT_WRITE, RETRY_AFTER } from './mode-page.ts'

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
