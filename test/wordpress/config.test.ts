import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parseDatabaseHost } from '../../lib/core/database-access.ts'
import { HIDDEN } from '../../lib/core/secret.ts'
import { WpConfigError } from '../../lib/wordpress/config.ts'
import { type Configured, readConfigured } from '../support/config-site.ts'
import { CASES } from './cases.ts'

const AT_ONCE = { concurrency: 2 }
const WORDPRESS = `<?php define('DB_PASSWORD', 'WordPress has begun'); $table_prefix = 'begun_'; exit;`

describe('readWpConfig() reads', AT_ONCE, () => {
  for (const { name, files, wordpress = true, wanted, ...site } of CASES)
    test(name, async () => {
      const all = { ...(wordpress ? { 'wp-settings.php': WORDPRESS } : {}), ...files }
      const { database, user, password, tablePrefix, address } = await readConfigured({ ...site, files: all })
      assert.deepEqual([database, user, password.reveal(), tablePrefix], [wanted[0], wanted[1], wanted[2], wanted[4]])
      assert.deepEqual(address, parseDatabaseHost(wanted[3]))
      assert.equal(`${password}`, HIDDEN)
    })
})

const THREE = `define('DB_NAME', 'n'); define('DB_USER', 'u'); define('DB_HOST', 'h');\n`
const ALL = `${THREE}define('DB_PASSWORD', 's3cret'); $table_prefix = 'wp_';`

const refusal = (site: Configured): Promise<string> =>
  readConfigured(site).then(
    () => assert.fail('not refused'),
    error => {
      assert.ok(error instanceof WpConfigError, String(error))
      return error.message
    },
  )

const REFUSED: readonly (readonly [name: string, body: string, message: RegExp, more?: Partial<Configured>])[] = [
  [
    'an unknown function',
    `${THREE}define('DB_PASSWORD', my_func('s3cret'));`,
    /^\/site\/SITE\/wp-config\.php: DB_PASSWORD is not defined: PHP stops in \/site\/SITE\/wp-config\.php:2, where my_func is missing$/,
  ],
  ['an unknown class', `${THREE}define('DB_PASSWORD', App\\Vault::get('s3cret'));`, /:2, where App\\Vault is missing$/],
  ['an exception', `${THREE}throw new RuntimeException('s3cret');`, /:2 \(RuntimeException\)$/],
  [
    'a required file that is missing',
    `${THREE}\nrequire 'x.php'; define('DB_PASSWORD', 's3cret');`,
    /:3, where x\.php is missing$/,
  ],
  [
    'a syntax error',
    `${THREE}define('DB_PASSWORD', 's3c's3cret');`,
    /^\/site\/SITE\/wp-config\.php: PHP finds a syntax error in \/site\/SITE\/wp-config\.php:2$/,
  ],
  [
    'a syntax error elsewhere',
    `${THREE}require 'x.php';`,
    /PHP finds a syntax error in \/site\/SITE\/x\.php:2$/,
    { files: { 'x.php': `<?php\n'a' 's3cret'` } },
  ],
  ['a missing name', `define('DB_USER', 'u');`, /: DB_NAME is not defined$/],
  ['an exit', `define('DB_NAME', 'n');\nexit('s3cret');`, /: DB_USER is not defined: it ends PHP before that$/],
  ['an empty name', `define('DB_NAME', '');`, /: DB_NAME is empty$/],
  ['an empty user', `define('DB_NAME', 'n'); define('DB_USER', false);`, /: DB_USER is empty$/],
  ['an array', `define('DB_NAME', ['s3cret']);`, /: DB_NAME is not a text/],
  ['a newline in the name', `define('DB_NAME', "a\\nb");`, /: DB_NAME holds a control character$/],
  ['bytes that are not UTF-8', `define('DB_NAME', "\\xe9");`, /: DB_NAME is not valid UTF-8$/],
  [
    'a name that no database can have',
    `define('DB_NAME', str_repeat('x', 65));`,
    /: DB_NAME has 65 characters; wanted 64 at most$/,
  ],
  ['a host that names nothing', ALL.replace("'h'", "'s3cret x'"), /: DB_HOST names no address/],
  ['a strange prefix', `${ALL}$table_prefix = 's3cret-';`, /: \$table_prefix is not made of letters/],
  [
    'an end before the prefix',
    `${THREE}define('DB_PASSWORD', 's3cret'); exit;`,
    /: \$table_prefix is not set: it ends PHP before that$/,
  ],
  [
    'an answer of its own',
    `${ALL}fwrite(fopen('php://fd/3', 'w'), 's3cret');`,
    /: PHP ran it and did not come to an end that could be read$/,
  ],
  [
    'an answer of its own that looks right',
    `register_shutdown_function(fn() => 1); fwrite(fopen('php://fd/3', 'w'), '{"values":{},"asksHost":false,"sqlite":null,"stopped":null}'); posix_kill(getmypid(), 9);`,
    /: PHP was ended/,
  ],
]

describe('readWpConfig() refuses, without showing a secret', AT_ONCE, () => {
  for (const [name, body, message, more] of REFUSED)
    test(name, async () => {
      const said = await refusal({ body, ...more })
      assert.match(said, message)
      assert.doesNotMatch(said, /s3cret/)
    })
})

/** What keeps PHP busy, or makes it large: each ends by itself or is ended, in seconds. */
const ENDLESS: readonly (readonly [name: string, body: string, message: RegExp, more?: Partial<Configured>])[] = [
  [
    '180 KB that loop',
    `while (1) { $x = 1; }\n// ${'x'.repeat(180_000)}`,
    /PHP runs it for longer than a configuration may, in .*:1$/,
  ],
  [
    '180 KB that eat memory',
    `$a = []; while (1) { $a[] = str_repeat('x', 100000); }\n// ${'x'.repeat(180_000)}`,
    /PHP needs more memory for it than a configuration may have/,
  ],
  ['recursion without end', 'function f($a) { return f(f($a)); } f(1);', /PHP needs more memory|PHP was ended/],
  ['a cycle of includes', `include __FILE__;`, /PHP needs more memory|PHP was ended|PHP runs it for longer/],
  [
    'deep parentheses',
    `$a = ${'('.repeat(20_000)}1${')'.repeat(20_000)};`,
    /PHP finds a syntax error|PHP was ended|DB_NAME is not defined/,
  ],
  ['a long concatenation', `$a = 'x'${" . 'x'".repeat(20_000)};`, /DB_NAME is not defined|PHP was ended/],
  ['doublings', `$a = 'xxxxxxxx';${'$a = $a . $a;'.repeat(100)}`, /PHP needs more memory|PHP was ended/],
  ['output without end', 'while (1) file_put_contents("php://fd/3", str_repeat("x", 65536));', /PHP printed without end/],
  ['noise without end', 'set_time_limit(1); while (1) echo str_repeat("x", 65536);', /PHP runs it for longer/],
]
describe('readWpConfig() ends in seconds, in one sentence, for', AT_ONCE, () => {
  for (const [name, body, message, more] of ENDLESS)
    test(name, { timeout: 25_000 }, async () => assert.match(await refusal({ body, ...more }), message))
})

describe('readWpConfig() where the host of the request matters', AT_ONCE, () => {
  const body = `switch ($_SERVER['HTTP_HOST'] ?? '') { case 'a.org': define('DB_NAME', 'a'); break; case 'b.org': define('DB_NAME', 'b'); break; case '': define('DB_NAME', 'none'); }
    define('DB_USER', 'u'); define('DB_PASSWORD', 'p'); define('DB_HOST', 'h'); $table_prefix = 'wp_';`
  test('asks for a domain of the site', async () =>
    assert.equal((await readConfigured({ body, domains: ['b.org'] })).database, 'b'))
  test('tries the next one', async () =>
    assert.equal((await readConfigured({ body, domains: ['x.org', 'a.org'] })).database, 'a'))
  test('says which it tried', async () =>
    assert.match(
      await refusal({ body, domains: ['x.org', 'y.org'] }),
      /DB_NAME is not defined \(as asked for the host x\.org, y\.org\)$/,
    ))
  test('does not guess one', async () =>
    assert.match(
      await refusal({ body: body.replace("case ''", "case 'holdfast.invalid': define('DB_NAME', 'any'); break; case ''") }),
      /depends on the host of the request, and no domain of the site is known$/,
    ))
  test('takes what is the same for all', async () =>
    assert.equal(
      (await readConfigured({ body: `${ALL} define('WP_HOME', 'https://' . ($_SERVER['HTTP_HOST'] ?? ''));` })).database,
      'n',
    ))
})

const DEBIAN = '/etc/wordpress'
describe("readWpConfig() on Debian's wp-config.php", {
  skip: (process.getuid?.() !== 0 || !existsSync(`${DEBIAN}/..`)) && 'needs root',
}, () => {
  const link = (folder: string): void => {
    rmSync(join(folder, 'SITE', 'wp-config.php'))
    symlinkSync('/usr/share/wordpress/wp-config.php', join(folder, 'SITE', 'wp-config.php'))
  }
  const domain = 'holdfast-test.example'
  const file = `${DEBIAN}/config-${domain}.php`
  const write = (path: string): void => {
    mkdirSync(DEBIAN, { recursive: true })
    writeFileSync(
      path,
      `<?php define('DB_NAME', 'deb'); define('DB_USER', 'u'); define('DB_PASSWORD', 'p'); define('DB_HOST', 'localhost');`,
      { mode: 0o640 },
    )
  }
  test('takes the file of a domain of the site, and of no other', async () => {
    write(file)
    try {
      assert.equal((await readConfigured({ body: '', domains: [`www.other.example`, domain], prepare: link })).database, 'deb')
      assert.match(
        await refusal({ body: '', domains: ['other.example'], prepare: link }),
        /wp-config\.php: .*DB_NAME is not defined/,
      )
      assert.match(
        await refusal({ body: `require '${file}';`, domains: ['other.example'] }),
        /holdfast-test\.example\.php is missing/,
      )
    } finally {
      rmSync(file)
    }
  })
})
