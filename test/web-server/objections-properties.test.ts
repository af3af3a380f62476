import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { readApache } from '../../lib/web-server/apache.ts'
import { objectionsTo } from '../../lib/web-server/objections.ts'
import { ownFolder } from '../support/host.ts'
import { APACHE, NGINX, RIGHTS } from '../support/plain-configuration.ts'

const folder = ownFolder('objections')
/** How many texts the real Apache reads: more by HOLDFAST_CONFIGURATIONS. */
const COUNT = Number(process.env.HOLDFAST_CONFIGURATIONS ?? 40)

/** Directives that can do harm, among them those with a neighbour on the list, and any other name. */
const UNLISTED = fc.oneof(
  fc.constantFrom(
    ...[
      'LoadModule',
      'LoadFile',
      'IncludeOptional',
      'TransferLog',
      'GlobalLog',
      'PidFile',
      'User',
      'CoreDumpDirectory',
      'Define',
    ],
    ...[
      'ScriptAlias',
      'AliasMatch',
      'AddHandler',
      'Action',
      'RewriteMap',
      'RewriteLog',
      'ProxyPass',
      'php_value',
      'SetOutputFilter',
    ],
    ...[
      'SSLCertificateFiles',
      'ServerPath',
      'DocumentRoots',
      'ExtFilterDefine',
      'AuthUserFile',
      'PerlRequire',
      'WSGIScriptAlias',
    ],
  ),
  fc.stringMatching(/^x[A-Za-z0-9_]{1,20}$/),
)
const space = fc.stringMatching(/^[ \t]{1,3}$/)
const anyCase = (name: string, mask: number): string =>
  [...name].map((char, index) => ((mask >> (index % 20)) & 1 ? char.toUpperCase() : char.toLowerCase())).join('')

test('objectionsTo() objects to every text with a directive that is not on the list, wherever and however it is written', () => {
  const inserted = fc.record({
    name: UNLISTED,
    rest: fc.string({ maxLength: 30 }),
    lead: space,
    gap: space,
    at: fc.nat(),
    mask: fc.nat(),
  })
  fc.assert(
    fc.property(fc.constantFrom(...APACHE), inserted, (text, { name, rest, lead, gap, at, mask }) => {
      const lines = text.split('\n')
      const written = `${lead}${anyCase(name, mask)}${gap}${rest.replaceAll('\n', ' ')}`
      const changed = lines.toSpliced(at % lines.length, 0, written).join('\n')
      assert.notDeepEqual(objectionsTo('apache', changed, RIGHTS), [])
    }),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.constantFrom(...NGINX), inserted, (text, { name, rest, lead, gap, at }) => {
      // after a statement or a brace, where another one may begin
      const places = [
        0,
        ...[...text.replace(/#.*/g, each => ' '.repeat(each.length)).matchAll(/[;{}]/g)].map(match => match.index + 1),
      ]
      const place = places[at % places.length]!
      const written = `${lead}${name.toLowerCase()}${gap}${rest.replace(/[;{}]/g, '')};`
      assert.notDeepEqual(objectionsTo('nginx', text.slice(0, place) + written + text.slice(place), RIGHTS), [])
    }),
    { numRuns: 2000 },
  )
})

const CERTIFICATES = join(folder, 'letsencrypt')
const MODULES = [
  'mpm_event',
  'authz_core',
  'info',
  'rewrite',
  'ssl',
  'dir',
  'headers',
  'expires',
  'alias',
  'http2',
  'proxy',
  'proxy_fcgi',
]

before(() => {
  const live = join(CERTIFICATES, 'live/shop.example')
  mkdirSync(live, { recursive: true })
  for (const name of ['fullchain', 'cert', 'chain', 'privkey']) writeFileSync(join(live, `${name}.pem`), 'x')
  writeFileSync(join(CERTIFICATES, 'options-ssl-apache.conf'), '')
  const modules = MODULES.map(name => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`).join('')
  const text = `ServerRoot ${folder}\nServerName localhost\nListen 8099\nErrorLog /dev/null\n${modules}Include site.conf\n`
  writeFileSync(join(folder, 'apache2.conf'), text)
})

/** What the real Apache reads in the file: line and name of each directive and section, in small letters; undefined when it refuses the file. */
function readByApache(text: string): string[] | undefined {
  writeFileSync(join(folder, 'site.conf'), text)
  const words = ['-t', '-D', 'DUMP_CONFIG', '-f', join(folder, 'apache2.conf')]
  const env = { ...process.env, APACHE_LOG_DIR: '/var/log/apache2' }
  const { stdout } = spawnSync('/usr/sbin/apache2', words, { encoding: 'utf8', env, timeout: 20_000 })
  const own = stdout.split(`# In file: ${join(folder, 'site.conf')}\n`)[1]
  return own === undefined
    ? undefined
    : [...own.matchAll(/# +(\d+):\n\s*<?(\w+)/g)].map(match => `${match[1]} ${match[2]!.toLowerCase()}`)
}

test(`objectionsTo() reads what the real Apache reads, in ${COUNT} texts that were changed and found plain`, t => {
  const odd = fc.constantFrom(
    ...[
      '\\',
      '"',
      "'",
      '<',
      '>',
      '#',
      '\n',
      ' ',
      '\t',
      '${',
      '}',
      '/',
      '|',
      '%',
      '[',
      '\\\n',
      '"\n',
      '</',
      'User root\n',
      '\nUser root',
    ],
  )
  const change = fc.record({ at: fc.nat(), what: fc.oneof(odd, fc.string({ maxLength: 3 })), cut: fc.nat(2) })
  let plain = 0
  let refused = 0
  const sample = fc.sample(fc.tuple(fc.constantFrom(...APACHE), fc.array(change, { minLength: 1, maxLength: 3 })), COUNT * 40)
  for (const [text, changes] of sample) {
    if (plain === COUNT) break
    const here = text.replaceAll('/etc/letsencrypt', CERTIFICATES)
    const changed = changes.reduce((now, { at, what, cut }) => {
      const place = at % now.length
      return now.slice(0, place) + what + now.slice(place + cut)
    }, here)
    if (objectionsTo('apache', changed, { ...RIGHTS, certificates: CERTIFICATES }).length > 0) continue
    plain += 1
    const found = readByApache(changed)
    if (found === undefined) {
      refused += 1
      continue
    }
    const mine = readApache(changed).lines.map(({ line, name }) => `${line} ${name}`)
    // Apache passes over what asks for a module that it has not
    const strange = found.filter(each => !mine.includes(each))
    assert.deepEqual(strange, [], changed)
  }
  t.diagnostic(`${plain} found plain, ${refused} of them refused by Apache itself`)
  assert.ok(plain >= COUNT / 2 && refused < plain / 2)
})
