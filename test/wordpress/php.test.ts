/** The reader against PHP itself. Needs php-cli: without it these tests fail, they are not skipped. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { readWpConfig } from '../../lib/wordpress/config.ts'
import { parseDatabaseHost } from '../../lib/wordpress/database-host.ts'
import { CASES, type Case } from './cases.ts'

const SHOW = `
define('ABSPATH', getcwd() . '/');
require 'wp-config.php';
echo "\\n@@@", json_encode([DB_NAME, DB_USER, (string) DB_PASSWORD, DB_HOST, $table_prefix]);`

const php = (code: string, cwd: string, env: NodeJS.ProcessEnv = {}): string =>
  execFileSync('php', ['-d', 'display_errors=stderr', '-d', 'precision=14', '-d', 'variables_order=EGPCS', '-r', code], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

const inFolder = <T>(files: Readonly<Record<string, string>>, work: (folder: string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), 'wp-config-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What PHP and the reader say of a case, in the same folder. */
const both = ({ body, files = {}, env = {} }: Case) =>
  inFolder(
    {
      ...files,
      'wp-config.php': '<?php ' + body,
      'wp-settings.php': '<?php echo "@@@", json_encode([DB_NAME, DB_USER, (string) DB_PASSWORD, DB_HOST, $table_prefix]); exit;',
    },
    folder => {
      const real = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace('DIR', folder)]))
      const access = readWpConfig('<?php ' + body, join(folder, 'wp-config.php'), {
        getenv: name => real[name],
        include: path => (path.startsWith(folder) && existsSync(path) ? readFileSync(path, 'utf8') : undefined),
        domains: [],
      })
      return { fromPhp: JSON.parse(php(SHOW, folder, real).split('@@@')[1]!) as string[], access }
    },
  )

describe('readWpConfig() agrees with PHP on', () => {
  for (const item of CASES)
    test(item.name, () => {
      const { fromPhp, access } = both(item)
      assert.deepEqual(fromPhp, item.wanted)
      const { database, user, password, address, tablePrefix } = access
      assert.deepEqual([database, user, password.reveal(), tablePrefix], [fromPhp[0], fromPhp[1], fromPhp[2], fromPhp[4]])
      assert.deepEqual(address, parseDatabaseHost(fromPhp[3]!))
    })
})

const leaf = fc.constantFrom(
  `'a'`,
  `''`,
  `'0'`,
  `"x\\t$s"`,
  `'1'`,
  `'1.0'`,
  `' 1'`,
  `'abc'`,
  '0',
  '1',
  '-1',
  '1.5',
  'true',
  'false',
  'null',
  '$s',
  '$n',
  '$no',
  'C',
  `getenv('E')`,
  `getenv('NO')`,
  `$_SERVER['E']`,
  `$_ENV['NO']`,
  `$a['k']`,
  `$a['no']`,
  `defined('C')`,
  `!defined('NO')`,
  `isset($no)`,
  `isset($s, $a['k'])`,
  `empty($no)`,
  `empty($s)`,
  `dirname('/a/b/c', 2)`,
  `"{$a['k']}-$n"`,
)
const { expression } = fc.letrec<{ expression: string }>(tie => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('.', '&&', '||', '??', '==', '!=', '===', '!==', '?:', ' and ', ' or '),
        tie('expression'),
      )
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc
      .tuple(leaf, fc.constantFrom('.', '&&', '||', '??'), leaf, fc.constantFrom('.', '==', '&&', '||', '??', '==='), leaf)
      .map(parts => `(${parts.join(' ')})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    tie('expression').map(a => `!${a}`),
    tie('expression').map(a => `($v = ${a})`),
    fc
      .tuple(
        fc.constantFrom('trim', 'strtolower', 'strtoupper', 'basename', 'is_string', 'is_null', '(string) ', '(bool) '),
        tie('expression'),
      )
      .map(([f, a]) => `${f}(${a})`),
  ),
}))

const SETUP = `$s = 'str'; $n = 12; $a = ['k' => 'v']; define('C', 'cc');`

test('readWpConfig() agrees with PHP on a thousand random expressions', () => {
  const expressions = fc.sample(expression, { numRuns: 1000, seed: 14 })
  const lines = expressions.map(
    text =>
      `try { $all[] = (string) (function () use ($s, $n, $a) { return @(${text}); })(); } catch (Throwable $e) { $all[] = null; }`,
  )
  const fromPhp = inFolder(
    { 'all.php': `<?php ${SETUP}\n${lines.join('\n')}\necho json_encode($all);` },
    folder => JSON.parse(php(`require 'all.php';`, folder, { E: 'env' })) as (string | null)[],
  )
  let known = 0
  for (const [index, text] of expressions.entries()) {
    const read = passwordOf(`(${text})`)
    if (read === undefined || fromPhp[index] === null) continue
    known += 1
    assert.equal(read, fromPhp[index], text)
  }
  assert.ok(known > 600, `only ${known} of 1000 were read`)
})

function passwordOf(text: string): string | undefined {
  const source = `<?php ${SETUP} define('DB_NAME', 'n'); define('DB_USER', 'u'); define('DB_HOST', 'h'); define('DB_PASSWORD', ${text});`
  try {
    return readWpConfig(source, '/site/wp-config.php', {
      getenv: name => (name === 'E' ? 'env' : undefined),
      include: () => undefined,
      domains: [],
    }).password.reveal()
  } catch {
    return undefined
  }
}

const [PROGRAMS, SEED] = [300, 14]

/** `yes()` and `no()` exist in PHP only: the reader does not know them. */
const HIDDEN_FUNCTIONS = 'function yes() { return true; } function no() { return false; }'

const { statement } = fc.letrec<{ statement: string }>(tie => {
  const condition = fc.constantFrom(
    'yes()',
    'no()',
    'true',
    'false',
    `$x === 'a'`,
    `defined('P')`,
    `!defined('P')`,
    `isset($y)`,
    `yes() && defined('P')`,
    `defined('P') || no()`,
    `empty($y)`,
  )
  const text = fc.constantFrom(`'a'`, `'b'`, '$x', `'c' . $x`, `yes() ? 'd' : 'e'`, `$y ?? 'f'`, `(($x = 'g') . 'h')`, 'h()')
  return {
    statement: fc.oneof(
      { depthSize: 'medium' },
      fc
        .tuple(fc.constantFrom('$x', '$y'), fc.constantFrom('=', '.=', '??='), text)
        .map(([to, by, value]) => `${to} ${by} ${value};`),
      text.map(value => `define('P', ${value});`),
      fc.constantFrom(
        'f();',
        'g();',
        'unset($y);',
        `yes() and define('P', 'q');`,
        `no() || $x = 'r';`,
        'return;',
        '[$x, $y] = [$y ?? 1, $x];',
        'preg_match("/a/", "a", $y);',
        '$y = &$x;',
        'r($x);',
        'static $y = 1;',
        '(function () use (&$x) { $x .= "u"; })();',
        'foreach ([1] as &$y) {}',
        'array_map("g", [1]);',
        '$z = [&$x]; $z[0] = "w";',
      ),
      fc.tuple(condition, tie('statement'), tie('statement')).map(([test, a, b]) => `if (${test}) { ${a} } else { ${b} }`),
      fc.tuple(condition, tie('statement')).map(([test, a]) => `if (${test}) { ${a} }`),
      fc
        .tuple(tie('statement'), tie('statement'))
        .map(([a, b]) => `foreach (['a', 'b'] as $x) { ${a} if ($x == 'a') continue; ${b} break; }`),
      fc
        .tuple(tie('statement'), tie('statement'))
        .map(([a, b]) => `switch ($x) { case 'a': ${a} case 'b': ${b} break; default: $x = 's'; }`),
      fc.tuple(tie('statement'), tie('statement')).map(([a, b]) => `${a} ${b}`),
      tie('statement').map(a => `for ($i = 0; $i < 2; $i++) { ${a} }`),
      tie('statement').map(a => `try { ${a} } catch (Exception $e) { $x = 't'; }`),
    ),
  }
})

const PROGRAM_START = `function f() { global $x; $x .= 'F'; if (yes()) { define('P', 'in f'); } } function g() { if (no()) return; define('P', 'in g'); } function r(&$p) { $p .= 'R'; } function h() { if (yes()) return 'H'; return 'I'; }
define('DB_NAME', 'n'); define('DB_USER', 'u'); define('DB_HOST', 'h'); $x = 'a';\n`

test('readWpConfig() gives what PHP gives, or refuses, on random programs', () => {
  const programs = fc
    .sample(fc.array(statement, { minLength: 1, maxLength: 5 }), { numRuns: PROGRAMS, seed: SEED })
    .map(parts => parts.join('\n'))
  let known = 0
  for (const program of programs) {
    const source = `<?php ${PROGRAM_START}${program}\n@define('DB_PASSWORD', $x . '/' . (defined('P') ? P : '-')); $table_prefix = 'p_';`
    const read = readOrRefuse(source)
    if (read === undefined) continue
    known += 1
    const show = `${HIDDEN_FUNCTIONS} require 'c.php'; echo '@@@', json_encode(defined('DB_PASSWORD') ? DB_PASSWORD : null);`
    const fromPhp = inFolder({ 'c.php': source }, folder => JSON.parse(php(show, folder).split('@@@')[1]!))
    assert.equal(read, fromPhp, program)
  }
  assert.ok(known > PROGRAMS / 20, `only ${known} of ${PROGRAMS} were read`)
})

function readOrRefuse(source: string): string | undefined {
  try {
    return readWpConfig(source, '/site/wp-config.php', {
      getenv: () => undefined,
      include: () => undefined,
      domains: [],
    }).password.reveal()
  } catch {
    return undefined
  }
}
