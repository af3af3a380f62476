import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { HIDDEN } from '../../lib/core/secret.ts'
import { type ConfigWorld, readWpConfig, WpConfigError } from '../../lib/wordpress/config.ts'
import { parseDatabaseHost } from '../../lib/wordpress/database-host.ts'
import { CASES } from './cases.ts'

const world = (more: Partial<ConfigWorld> = {}): ConfigWorld => ({
  getenv: () => undefined,
  include: () => undefined,
  domains: [],
  ...more,
})

const read = (body: string, more: Partial<ConfigWorld> = {}) => readWpConfig('<?php ' + body, '/site/wp-config.php', world(more))

const refusal = (body: string, more: Partial<ConfigWorld> = {}): string => {
  try {
    read(body, more)
  } catch (error) {
    assert.ok(error instanceof WpConfigError, String(error))
    return error.message
  }
  throw new Error('not refused')
}

describe('readWpConfig() reads', () => {
  for (const { name, body, files = {}, env = {}, wanted } of CASES)
    test(name, () => {
      const access = read(body, {
        getenv: key => env[key]?.replace('DIR', '/site'),
        include: path => (path.startsWith('/site/') ? files[path.slice('/site/'.length)] : undefined),
      })
      const { database, user, password, tablePrefix, address } = access
      assert.deepEqual([database, user, password.reveal(), tablePrefix], [wanted[0], wanted[1], wanted[2], wanted[4]])
      assert.deepEqual(address, parseDatabaseHost(wanted[3]))
      assert.equal(`${password}`, HIDDEN)
    })
})

const THREE = `define('DB_NAME', 'n'); define('DB_USER', 'u'); define('DB_HOST', 'h');\n`
const forbid =
  (what: string): ConfigWorld['getenv'] =>
  () => {
    throw new Error(`${what} is forbidden`)
  }

const REFUSED: readonly (readonly [name: string, body: string, message: RegExp, world?: Partial<ConfigWorld>])[] = [
  [
    'a function that is not known',
    `${THREE}define('DB_PASSWORD', my_func('s3cret'));`,
    /^\/site\/wp-config\.php:2: DB_PASSWORD is computed by my_func\(\): write it as a literal, a constant or getenv\(\)$/,
  ],
  [
    'a variable from a function',
    `${THREE}$x = foo();\ndefine('DB_PASSWORD', 's3cret' . $x);`,
    /:3: DB_PASSWORD depends on foo\(\) in line 2/,
  ],
  [
    'either branch of an unknown if',
    `${THREE}if (foo()) define('DB_PASSWORD', 's3cret'); else define('DB_PASSWORD', 'b');`,
    /:2: DB_PASSWORD is computed by foo\(\)/,
  ],
  [
    'a variable set in an unknown branch',
    `${THREE}$p = 's3cret'; if (foo()) { $p = 'b'; }\ndefine('DB_PASSWORD', $p);`,
    /:3: DB_PASSWORD depends on foo\(\) in line 2/,
  ],
  [
    'a define after an unknown one',
    `${THREE}foo() && define('DB_PASSWORD', 's3cret');\ndefine('DB_PASSWORD', 'b');`,
    /DB_PASSWORD is computed by foo\(\)/,
  ],
  [
    'a function called in an unknown branch',
    `function f() { define('DB_PASSWORD', 's3cret'); } ${THREE}if (foo()) f(); define('DB_PASSWORD', 'b');`,
    /DB_PASSWORD is computed by foo\(\)/,
  ],
  [
    'code after a perhaps return',
    `${THREE}if (foo()) return; define('DB_PASSWORD', 's3cret');`,
    /DB_PASSWORD is computed by foo\(\)/,
  ],
  ['a loop', `${THREE}while (1) { define('DB_PASSWORD', 's3cret'); }`, /DB_PASSWORD is computed by the while statement/],
  [
    'a match by reference',
    `${THREE}$p = 's3cret'; preg_match('/a/', 'a', $p); define('DB_PASSWORD', $p);`,
    /DB_PASSWORD is computed by preg_match\(\)/,
  ],
  [
    'an environment that a library may fill',
    `${THREE}Dotenv::load();\ndefine('DB_PASSWORD', getenv('P') ?: 's3cret');`,
    /depends on Dotenv::load\(\) in line 2/,
  ],
  ['eval before the credentials', `${THREE}eval('x'); define('DB_PASSWORD', 's3cret');`, /computed by eval\(\)/],
  ['a shell command', `${THREE}define('DB_PASSWORD', \`cat s3cret\`);`, /computed by a shell command/],
  [
    'a forbidden variable',
    `${THREE}define('DB_PASSWORD', getenv('HOME'));`,
    /computed by an environment variable \(HOME is forbidden\)/,
    { getenv: forbid('HOME') },
  ],
  [
    'a forbidden file',
    `${THREE}require '/etc/x.php'; define('DB_PASSWORD', 's3cret');`,
    /a file that may not be read \(\/etc\/x\.php is forbidden\)/,
    { include: forbid('/etc/x.php') },
  ],
  [
    'an included file with a syntax error',
    `${THREE}require 'x.php'; define('DB_PASSWORD', 's3cret');`,
    /\(\/site\/x\.php:2: a PHP syntax error/,
    { include: () => `<?php\n'a' 's3cret'` },
  ],
  ['a missing required file', `${THREE}\nrequire 'x.php';`, /:3: requires \/site\/x\.php, which does not exist/],
  ['a syntax error', `${THREE}define('DB_PASSWORD', 's3c's3cret');`, /:2: a PHP syntax error/],
  ['a missing name', `define('DB_USER', 'u');`, /DB_NAME is not defined; wanted define\('DB_NAME'/],
  ['an exit', `define('DB_NAME', 'n');\nexit;`, /:2: DB_USER is not defined before the configuration ends here/],
  ['an empty name', `define('DB_NAME', '');`, /:1: DB_NAME is empty/],
  ['an empty user', `define('DB_NAME', 'n'); define('DB_USER', false);`, /:1: DB_USER is empty/],
  ['an array', `define('DB_NAME', ['a']);`, /DB_NAME is not a text/],
  ['a newline in the name', `define('DB_NAME', "a\\nb");`, /DB_NAME holds a control character/],
  ['bytes that are not UTF-8', `define('DB_NAME', "\\xe9");`, /computed by a string that is not UTF-8/],
  [
    'a host that names nothing',
    `define('DB_NAME', 'n'); define('DB_USER', 'u'); define('DB_PASSWORD', 's3cret');\ndefine('DB_HOST', 's3cret x');`,
    /:2: DB_HOST names no address/,
  ],
  [
    'a strange prefix',
    `${THREE}define('DB_PASSWORD', 's3cret');\n$table_prefix = 's3cret-';`,
    /:3: \$table_prefix is not made of letters/,
  ],
  [
    'an unknown prefix',
    `${THREE}define('DB_PASSWORD', 's3cret');\n$table_prefix = foo();`,
    /:3: \$table_prefix is computed by foo\(\)/,
  ],
  [
    'a message of the world with a secret',
    `${THREE}define('DB_PASSWORD', 's3cret');$table_prefix = include('x' . DB_PASSWORD);`,
    /\(no \/site\/x\[secret\]\)/,
    {
      include: path => {
        throw new Error(`no ${path}`)
      },
    },
  ],
  [
    'a required path with a secret',
    `define('DB_PASSWORD', 's3cret'); require DB_PASSWORD;`,
    /requires \/site\/\[secret\], which/,
  ],
]

describe('readWpConfig() refuses, without showing a secret', () => {
  for (const [name, body, message, more] of REFUSED)
    test(name, () => {
      const found = refusal(body, more)
      assert.match(found, message)
      assert.doesNotMatch(found, /s3cret/)
    })
})

const HOSTILE: readonly (readonly [name: string, body: string, include?: ConfigWorld['include']])[] = [
  ['10 MB of string', `$a = '${'x'.repeat(10_000_000)}';`],
  ['deep parentheses', `$a = ${'('.repeat(20_000)}1${')'.repeat(20_000)};`],
  ['deep blocks', `${'{'.repeat(20_000)}${'}'.repeat(20_000)}`],
  ['many ifs in one another', `${'if(1)'.repeat(5000)};`],
  ['many indices', `$a = $x${'[0]'.repeat(20_000)};`],
  ['a long concatenation', `$a = 'x'${" . 'x'".repeat(20_000)};`],
  ['doublings', `$a = 'xxxxxxxx';${'$a = $a . $a;'.repeat(100)} define('DB_NAME', $a);`],
  ['arrays of arrays', `$a = [1];${'$a = [$a, $a];'.repeat(200)} define('DB_NAME', $a == $a);`],
  ['a growing array', `$a = [];${Array.from({ length: 20_000 }, (_, index) => `$a[${index}]=1;`).join('')}`],
  ['recursion', `function f($a) { return f(f($a)); } define('DB_NAME', f(1));`],
  [
    'doubling calls',
    `${Array.from({ length: 60 }, (_, index) => `function f${index + 1}() { return f${index}() . f${index}(); }`).join('')} function f0() { return ''; } define('DB_NAME', f60());`,
  ],
  ['loops in loops', `$a = [${'1,'.repeat(200)}]; ${'foreach ($a as $b) '.repeat(20)} $c = 1;`],
  ['a cycle of includes', `include 'a.php';`, () => `<?php include 'a.php';`],
  ['a tree of includes', `include 'a';`, path => `<?php include '${path}a'; include '${path}b';`],
  ['a slow pattern', `$a = preg_replace('/(a+)+$/', '', '${'a'.repeat(200)}b');`],
  ['a slow plain pattern', `$a = preg_replace('/${'a?'.repeat(40)}${'a'.repeat(20)}$/', '', '${'a'.repeat(200)}');`],
  [
    'skipped calls in skipped calls',
    `${Array.from({ length: 200 }, (_, index) => `function g${index}() { g${index + 1}(); g${index + 2}(); }`).join('')} ${'if (x()) g0();'.repeat(3000)}`,
  ],
  ['unfinished heredocs', '$a = <<<A\n'.repeat(20_000)],
  ['unfinished comments', '/* '.repeat(80_000)],
  ['names of Object', `$a = toString(); constructor(); $b = __proto__; define('__proto__', 1); hasOwnProperty::x();`],
]

describe('readWpConfig() neither hangs nor crashes on', () => {
  for (const [name, body, include] of HOSTILE)
    test(name, { timeout: 20_000 }, () => {
      assert.match(refusal(body, include ? { include } : {}), /^\/site\//)
    })
})

describe("readWpConfig() on Debian's wp-config.php", () => {
  const debian = readFileSync('/usr/share/wordpress/wp-config.php', 'utf8')
  const site = `<?php define('DB_NAME', 'deb'); define('DB_USER', 'u'); define('DB_PASSWORD', 'p'); define('DB_HOST', 'localhost');`
  const readDebian = (files: Record<string, string>, domains: string[]) =>
    readWpConfig(debian, '/usr/share/wordpress/wp-config.php', world({ include: path => files[path], domains }))

  test('takes the file of a domain', () => {
    assert.equal(
      readDebian({ '/etc/wordpress/config-blog.example.org.php': site }, ['other.org', 'Blog.example.org:8080']).database,
      'deb',
    )
  })
  test('takes the file of the domain above', () => {
    assert.equal(readDebian({ '/etc/wordpress/config-example.org.php': site }, ['www.example.org']).database, 'deb')
  })
  test('takes the default file', () => {
    assert.equal(readDebian({ '/etc/wordpress/config-default.php': site }, ['www.example.org']).database, 'deb')
  })
  test('says which domains it tried', () => {
    assert.throws(() => readDebian({}, ['a.org', 'b.org']), /DB_NAME is not defined .*\(as asked for the host a\.org, b\.org\)/)
  })
  test('does not guess a domain', () => {
    assert.throws(
      () => readDebian({ '/etc/wordpress/config-default.php': site }, []),
      /\$_SERVER\['HTTP_HOST'\].*no domain of the site is known/,
    )
  })
})
