import { isWithin } from '../core/path.ts'
import { KEY_HEADER, MODE_HEADER } from '../core/site-mode.ts'
import { AUTHORITIES, type ModePlan, modeLine, modePage, NOT_ON_A_COPY, QUERIES_THAT_WRITE, RETRY_AFTER } from './mode-page.ts'
import { allWithin, type NginxStatement, readNginx } from './nginx.ts'

/**
 * nginx's configuration of a site as it is in a mode: the administrator's own with lines of ours in each `server` that
 * has its root in the site. Those of other sites stay as they are.
 * @param text of the file that serves the site
 * @returns undefined where no such server can be found in it
 */
export function nginxMode(text: string, plan: ModePlan): string | undefined {
  const servers = allWithin(readNginx(text, 'as nginx').statements).filter(
    each => each.words[0] === 'server' && each.block && servesIn(each, plan),
  )
  if (servers.length === 0) return undefined
  const changes = servers.flatMap(server =>
    plan.mode.kind === 'forward' ? [forwarded(server, text, plan)] : guarded(server, plan),
  )
  const changed = changes
    .toSorted((a, b) => b.start - a.start)
    .reduce((all, { start, end, text: news }) => all.slice(0, start) + news + all.slice(end), text)
  return `${modeLine(plan.mode)}\n${changed}`
}

interface Change {
  readonly start: number
  readonly end: number
  readonly text: string
}

const servesIn = ({ block }: NginxStatement, { roots }: ModePlan): boolean =>
  allWithin(block!.statements).some(
    ({ words: [name, root = ''] }) => name === 'root' && roots.some(own => isWithin(root.replace(/\/+$/, ''), own)),
  )

/** Asked before anything of the site's own; PHP is told in each place that hands it a request. */
function guarded({ block }: NginxStatement, plan: ModePlan): Change[] {
  const { mode, guard, key } = plan
  const main = mode.kind === 'copy' ? [`fastcgi_param HOLDFAST_MAIN "${new URL(mode.main).origin}/";`] : []
  const told = [
    `fastcgi_param HOLDFAST_MODE ${mode.kind};`,
    ...main,
    `fastcgi_param PHP_ADMIN_VALUE "auto_prepend_file=${guard}";`,
  ]
  const refused = mode.kind === 'copy' ? WRITES : ['if ($uri) { set $holdfast_refused 1; }']
  const lines = [
    'set $holdfast_refused "";',
    ...refused,
    `if ($http_${KEY_HEADER.replaceAll('-', '_')} = "${key}") { set $holdfast_refused ""; }`,
    'if ($holdfast_refused) { return 503; }',
    'error_page 503 @holdfast_refused;',
    `add_header ${MODE_HEADER} ${mode.kind} always;`,
    'location @holdfast_refused {',
    '  default_type text/html;',
    `  add_header ${MODE_HEADER} ${mode.kind} always;`,
    `  add_header Retry-After ${RETRY_AFTER} always;`,
    `  return 503 "${modePage(mode)}";`,
    '}',
  ]
  const toPhp = allWithin(block!.statements).filter(({ words }) => words[0] === 'fastcgi_pass')
  return [
    { start: block!.start, end: block!.start, text: ['', ...lines].join('\n  ') },
    ...toPhp.map(({ end }) => ({ start: end, end, text: ['', ...told].join('\n    ') })),
  ]
}

const WRITES = [
  'if ($request_method !~ "^(?:GET|HEAD|OPTIONS)$") { set $holdfast_refused 1; }',
  `if ($uri ~ "/(?:${NOT_ON_A_COPY})(?:/|$)") { set $holdfast_refused 1; }`,
  `if ($args ~ "(?:^|&)(?:${QUERIES_THAT_WRITE})=") { set $holdfast_refused 1; }`,
  'if ($http_x_http_method_override) { set $holdfast_refused 1; }',
]

/** What a server keeps that forwards: where it listens, under which names, with which certificate, and what it logs. */
const KEPT = /^(?:listen|server_name|ssl_.*|http2|http3|access_log|error_log|client_max_body_size)$/
const isKept = ({ words: [name = '', value = ''] }: NginxStatement): boolean =>
  KEPT.test(name) || (name === 'include' && /ssl/.test(value))

function forwarded({ block, start, end }: NginxStatement, text: string, { mode }: ModePlan): Change {
  const to = mode.kind === 'forward' ? mode.to.replace(/\/+$/, '') : ''
  const kept = block!.statements.filter(isKept).map(each => text.slice(each.start, each.end))
  const lines = [
    ...kept,
    'location / {',
    `  proxy_pass ${to};`,
    '  proxy_http_version 1.1;',
    '  proxy_set_header Host $http_host;',
    '  proxy_set_header X-Real-IP $remote_addr;',
    '  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    '  proxy_set_header X-Forwarded-Proto $scheme;',
    ...(to.startsWith('https:')
      ? [
          '  proxy_ssl_server_name on;',
          '  proxy_ssl_name $host;',
          '  proxy_ssl_verify on;',
          '  proxy_ssl_verify_depth 5;',
          `  proxy_ssl_trusted_certificate ${AUTHORITIES};`,
        ]
      : []),
    `  add_header ${MODE_HEADER} forward always;`,
    '}',
  ]
  return { start, end, text: `server {\n${lines.map(line => `  ${line}`).join('\n')}\n}` }
}
