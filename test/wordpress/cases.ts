import { createHash } from 'node:crypto'

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')

/** A configuration as a table row: files by their name in the site's folder, and what is wanted of it. */
export interface Case {
  readonly name: string
  /** wp-config.php after the opening tag; WordPress lies beside it. */
  readonly body: string
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** Where it lies, from the site's folder; `SITE/wp-config.php` by default. */
  readonly at?: string
  /** Whether WordPress is in SITE; it is by default. */
  readonly wordpress?: boolean
  /** [DB_NAME, DB_USER, DB_PASSWORD, DB_HOST, $table_prefix] */
  readonly wanted: readonly [string, string, string, string, string]
}

const three = `define('DB_NAME', 'n'); define('DB_USER', 'u'); define('DB_HOST', 'h');\n`
const end = `\n$table_prefix ??= 'wp_'; require_once ABSPATH . 'wp-settings.php'; define('DB_PASSWORD', 'too late');`

/** A case about the password only. */
const password = (name: string, code: string, wanted: string, more: Pick<Case, 'files' | 'env'> = {}): Case => ({
  name,
  body: three + code + end,
  wanted: ['n', 'u', wanted, 'h', 'wp_'],
  ...more,
})

/** The helper of the official Docker image, from docker-library/wordpress, wp-config-docker.php. */
export const DOCKER = `
if (!function_exists('getenv_docker')) {
	function getenv_docker($env, $default) {
		if ($fileEnv = getenv($env . '_FILE')) {
			return rtrim(file_get_contents($fileEnv), "\\r\\n");
		}
		else if (($val = getenv($env)) !== false) {
			return $val;
		}
		else {
			return $default;
		}
	}
}
define( 'DB_NAME', getenv_docker('WORDPRESS_DB_NAME', 'wordpress') );
define( 'DB_USER', getenv_docker('WORDPRESS_DB_USER', 'example username') );
define( 'DB_PASSWORD', getenv_docker('WORDPRESS_DB_PASSWORD', 'example password') );
define( 'DB_HOST', getenv_docker('WORDPRESS_DB_HOST', 'mysql') );
define( 'DB_CHARSET', getenv_docker('WORDPRESS_DB_CHARSET', 'utf8') );
$table_prefix = getenv_docker('WORDPRESS_TABLE_PREFIX', 'wp_');
define( 'WP_DEBUG', !!getenv_docker('WORDPRESS_DEBUG', '') );
if (isset($_SERVER['HTTP_X_FORWARDED_PROTO']) && strpos($_SERVER['HTTP_X_FORWARDED_PROTO'], 'https') !== false) {
	$_SERVER['HTTPS'] = 'on';
}
if ($configExtra = getenv_docker('WORDPRESS_CONFIG_EXTRA', '')) {
	eval($configExtra);
}
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';`

/** What begins where nothing covers it. */
const REAL_WORDPRESS = `<?php define('DB_PASSWORD', 'WordPress has begun'); $table_prefix = 'begun_'; exit;`

/** Bedrock's own files in short, with placeholders for the libraries that it loads; the real ones were tried by hand. */
const BEDROCK: Pick<Case, 'at' | 'body' | 'files' | 'wordpress'> = {
  at: 'SITE/web/wp-config.php',
  body: `require_once dirname(__DIR__) . '/vendor/autoload.php'; require_once dirname(__DIR__) . '/config/application.php'; require_once ABSPATH . 'wp-settings.php';`,
  wordpress: false,
  files: {
    'web/wp/wp-settings.php': REAL_WORDPRESS,
    '.env': `DB_NAME='bed_rock'\nDB_USER="bed"\nDB_PASSWORD='p w#"x'\nDB_HOST=127.0.0.1:3307\nDB_PREFIX='br_'\n`,
    'vendor/autoload.php': `<?php spl_autoload_register(function ($class) { require __DIR__ . '/' . str_replace('\\\\', '/', $class) . '.php'; });
      require __DIR__ . '/env.php';`,
    'vendor/env.php': `<?php namespace Env; function env($name) { return $_ENV[$name] ?? getenv($name) ?: null; }`,
    'vendor/Dotenv/Dotenv.php': `<?php namespace Dotenv; class Dotenv { private $file; static function createUnsafeImmutable($dir) { $made = new self; $made->file = "$dir/.env"; return $made; }
      function load() { foreach (file($this->file) as $line) { [$name, $value] = explode('=', trim($line), 2); $_ENV[$name] = trim($value, "'\\""); putenv("$name={$_ENV[$name]}"); } } }`,
    'vendor/Roots/WPConfig/Config.php': `<?php namespace Roots\\WPConfig; class Config { private static $map = []; static function define($name, $value) { self::$map[$name] = $value; }
      static function apply() { foreach (self::$map as $name => $value) if (!defined($name)) define($name, $value); } }`,
    'config/application.php': `<?php use Roots\\WPConfig\\Config; use function Env\\env;
      $root_dir = dirname(__DIR__); Dotenv\\Dotenv::createUnsafeImmutable($root_dir)->load();
      foreach (['DB_NAME', 'DB_USER', 'DB_PASSWORD'] as $each) Config::define($each, env($each));
      Config::define('DB_HOST', env('DB_HOST') ?: 'localhost'); Config::define('DB_CHARSET', 'utf8mb4');
      $table_prefix = env('DB_PREFIX') ?: 'wp_'; Config::apply();
      if (!defined('ABSPATH')) define('ABSPATH', $root_dir . '/web/wp/');`,
  },
}

export const CASES: readonly Case[] = [
  { name: 'docker defaults', body: DOCKER, wanted: ['wordpress', 'example username', 'example password', 'mysql', 'wp_'] },
  {
    name: 'docker environment',
    body: DOCKER,
    env: { WORDPRESS_DB_NAME: 'shop', WORDPRESS_DB_PASSWORD: "p'w\\", WORDPRESS_TABLE_PREFIX: 'x1_' },
    wanted: ['shop', 'example username', "p'w\\", 'mysql', 'x1_'],
  },
  {
    name: 'docker secret in a file',
    body: DOCKER,
    env: { WORDPRESS_DB_PASSWORD_FILE: 'DIR/secret' },
    files: { secret: 'from file\n' },
    wanted: ['wordpress', 'example username', 'from file', 'mysql', 'wp_'],
  },
  password('single quotes', String.raw`define('DB_PASSWORD', 'a\'b\\c\n$x"');`, String.raw`a'b\c\n$x"`),
  password('double quotes', String.raw`define("DB_PASSWORD", "a\"b\\c\n\x41\101\u{e9}\$x\q");`, 'a"b\\c\nAAé$x\\q'),
  password('UTF-8 of byte escapes', String.raw`define("DB_PASSWORD", "\xc3\xa9\303\251é");`, 'ééé'),
  password('interpolation', `$a = 'x'; $b = ['k' => 'y']; define('DB_PASSWORD', "\${a}-{$a}-$a-$b[k]-{$b['k']}");`, 'x-x-x-y-y'),
  password(
    'heredoc',
    `$a = 'x';\ndefine('DB_PASSWORD', <<<EOT\n    one $a\n      "two" \\"three\\t\n    EOT);`,
    'one x\n  "two" \\"three\t',
  ),
  password('heredoc without a line', `define('DB_PASSWORD', <<<EOT\nEOT);`, ''),
  password(
    'heredoc that ends with a variable',
    `$a = 'x';\ndefine('DB_PASSWORD', <<<"EOT"\n  $a\n  b$a\n  EOT . 'c');`,
    'x\nbxc',
  ),
  password('nowdoc', `define('DB_PASSWORD', <<<'EOT'\n  raw $x \\n\n    y\n  EOT);`, 'raw $x \\n\n  y'),
  password('numbers', `define('DB_PASSWORD', 0x1F . 1_000 . 017 . 0b11 . 1.5 . -3);`, '311000' + '15' + '3' + '1.5' + '-3'),
  password('true and null', `define('DB_PASSWORD', true . null . FALSE . 'x');`, '1x'),
  password('const', `const PASS = 'p', DB_PASSWORD = PASS . 'q';`, 'pq'),
  password('first define wins', `define('DB_PASSWORD', 'first'); @define('DB_PASSWORD', 'second');`, 'first'),
  password('a constant defined before', `define('DB_PASSWORD', DB_NAME . \\DB_USER . constant('DB_HOST'));`, 'nuh'),
  password('variables', `$a = $b = 'x'; $a .= 'y'; $c ??= 'z'; $c ??= 'no'; define('DB_PASSWORD', $a . $b . $c);`, 'xyxz'),
  password('getenv with a default', `define('DB_PASSWORD', getenv('NO') ?: 'default');`, 'default'),
  password('getenv set', `define('DB_PASSWORD', getenv('YES') ?: 'default');`, 'set', { env: { YES: 'set' } }),
  password('getenv compared', `define('DB_PASSWORD', getenv('YES') !== false ? getenv('YES') : 'd');`, '', { env: { YES: '' } }),
  password('putenv', `putenv('OWN=mine'); define('DB_PASSWORD', getenv('OWN'));`, 'mine'),
  password('$_SERVER', `define('DB_PASSWORD', $_SERVER['YES'] ?? 'd');`, 'set', { env: { YES: 'set' } }),
  password('$_ENV written', `$_ENV['A'] = 'w'; define('DB_PASSWORD', $_ENV['A'] . (isset($_ENV['B']) ? 'b' : '-'));`, 'w-'),
  password(
    'if, elseif, else',
    `if (DB_NAME == 'x') define('DB_PASSWORD', 1); elseif (!defined('NO') && DB_NAME === 'n') { define('DB_PASSWORD', 2); } else exit;`,
    '2',
  ),
  password('if with a colon', `if (empty($x)): define('DB_PASSWORD', 'e'); else: define('DB_PASSWORD', 'f'); endif;`, 'e'),
  password(
    'or define',
    `defined('DB_PASSWORD') or define('DB_PASSWORD', 'o'); defined('DB_PASSWORD') || define('DB_PASSWORD', 'p');`,
    'o',
  ),
  password('a guard against direct access', `if (!defined('ABSPATH')) exit; define('DB_PASSWORD', 'g');`, 'g'),
  password(
    'switch',
    `switch (DB_NAME) { case 'a': define('DB_PASSWORD', 'a'); break; case 'n': default: define('DB_PASSWORD', 'b'); }`,
    'b',
  ),
  password(
    'foreach over an array',
    `foreach (['DB_PASSWORD' => 'f', 'OTHER' => 1] as $name => $value) { define($name, $value); }`,
    'f',
  ),
  password('a closure called at once', `(function () { define('DB_PASSWORD', 'c'); })();`, 'c'),
  password(
    'a function',
    `function env($k, $d = 'dd') { $v = getenv($k); if ($v === false) { return $d; } return $v; } define('DB_PASSWORD', env('NO'));`,
    'dd',
  ),
  password(
    'a function with global',
    `$g = 'x'; function add() { global $g; $g .= 'y'; } add(); define('DB_PASSWORD', $g);`,
    'xy',
  ),
  password(
    'list',
    `[, $p] = ['a', 'b']; ['k' => $q] = ['k' => 'c']; list($r) = explode(':', 'd:e'); define('DB_PASSWORD', $p . $q . $r);`,
    'bcd',
  ),
  password('a namespace', `define('DB_PASSWORD', \\strtolower('ABC'));`, 'abc'),
  password('require', `require __DIR__ . '/db.php';`, 'r', { files: { 'db.php': `<?php define('DB_PASSWORD', 'r');` } }),
  password('require relative', `require 'sub/db.php';`, 'sub', {
    files: { 'sub/db.php': `<?php define('DB_PASSWORD', basename(__DIR__));` },
  }),
  password('require of a folder above', `require dirname(__FILE__, 2) . '/' . basename(__DIR__) . '/db.php';`, 'r', {
    files: { 'db.php': `<?php define('DB_PASSWORD', 'r');` },
  }),
  password('require that returns', `$c = require './db.php'; define('DB_PASSWORD', $c['db']['pass']);`, 'r', {
    files: { 'db.php': `<?php return ['db' => ['pass' => 'r']]; exit;` },
  }),
  password('require once', `require_once 'db.php'; require_once 'db.php'; define('DB_PASSWORD', $n);`, '+', {
    files: { 'db.php': `<?php $n = ($n ?? '') . '+';` },
  }),
  password(
    'include of a missing file',
    `@include 'none.php'; define('DB_PASSWORD', (@include 'none.php') === false ? 'm' : 'f');`,
    'm',
  ),
  password('file_exists', `if (file_exists(__DIR__ . '/db.php')) require 'db.php'; else define('DB_PASSWORD', 'no');`, 'r', {
    files: { 'db.php': `<?php define('DB_PASSWORD', 'r');` },
  }),
  password('try', `try { define('DB_PASSWORD', 't'); } catch (Exception $e) { die(); } finally { $x = 1; }`, 't'),
  password(
    'texts',
    `define('DB_PASSWORD', trim(' a ') . strtoupper('é') . substr('hello', -3, 2) . str_replace('a', '$&', 'bab') . base64_decode('w6k='));`,
    'aé' + 'll' + 'b$&b' + 'é',
  ),
  password(
    'patterns',
    `define('DB_PASSWORD', preg_replace('/:.*/', '', 'h:80') . preg_replace("/[^a-z.\\-]/", '', 'A<b-c.d') . preg_match('/^[a-z]+$/', "ab\\n"));`,
    'hb-c.d1',
  ),
  password('html around', `?>\nhtml <?php define('DB_PASSWORD', 'x'); ?>\n<?php`, 'x'),
  password(
    'commented out',
    `// define('DB_PASSWORD', 'a');\n# define('DB_PASSWORD', 'b');\n/* define('DB_PASSWORD', 'c'); */ define('DB_PASSWORD', 'd');`,
    'd',
  ),
  // what only PHP itself can tell
  password('a function that computes', `define('DB_PASSWORD', sha1(strrev('abc')) . sprintf('%03d', 7));`, sha1('cba') + '007'),
  password('a loop', `$p = ''; while (strlen($p) < 3) { $p .= 'w'; } define('DB_PASSWORD', $p);`, 'www'),
  password('a match by reference', `preg_match('/(b+)/', 'abbc', $found); define('DB_PASSWORD', $found[1]);`, 'bb'),
  password('references', `$a = 'x'; $b = &$a; $b .= 'y'; define('DB_PASSWORD', $a);`, 'xy'),
  password('eval', `eval('define("DB_PASSWORD", "e");');`, 'e'),
  password(
    'a class',
    `class Secrets { const P = 'k'; static function get() { return self::P; } } define('DB_PASSWORD', Secrets::get());`,
    'k',
  ),
  password('an ini file', `define('DB_PASSWORD', parse_ini_file(__DIR__ . '/db.ini')['password']);`, 'from ini', {
    files: { 'db.ini': 'password = "from ini"' },
  }),
  password('a JSON file', `define('DB_PASSWORD', json_decode(file_get_contents(__DIR__ . '/../db.json'))->p);`, 'from json', {
    files: { '../db.json': '{"p": "from json"}' },
  }),
  password('its own absolute path', `require dirname($_SERVER['DOCUMENT_ROOT']) . '/db.php';`, 'r', {
    files: { '../db.php': `<?php define('DB_PASSWORD', 'r');` },
  }),
  password('what it prints', `echo '{"values":'; print "x"; flush(); define('DB_PASSWORD', 'p'); ob_start(); echo 'y';`, 'p'),
  password('an error after it', `define('DB_PASSWORD', 'p'); $table_prefix = 'wp_'; no_such_function();`, 'p'),
  password(
    'a request over HTTPS',
    `if (empty($_SERVER['HTTPS'])) { header('Location: https://x'); exit; } define('DB_PASSWORD', 's');`,
    's',
  ),
  {
    name: 'multisite',
    body: `define('DB_PASSWORD', 'm'); define('WP_ALLOW_MULTISITE', true); define('MULTISITE', true); define('SUBDOMAIN_INSTALL', true);
      define('DOMAIN_CURRENT_SITE', $_SERVER['HTTP_HOST'] ?? 'x'); define('PATH_CURRENT_SITE', '/'); define('SITE_ID_CURRENT_SITE', 1);
      ${three}$table_prefix = 'net_'; require_once ABSPATH . 'wp-settings.php';`,
    wanted: ['n', 'u', 'm', 'h', 'net_'],
  },
  { name: 'Bedrock with Dotenv', ...BEDROCK, wanted: ['bed_rock', 'bed', 'p w#"x', '127.0.0.1:3307', 'br_'] },
  {
    name: 'WordPress in a folder of its own',
    body: `${three}define('DB_PASSWORD', basename(ABSPATH)); $table_prefix = 'wp_'; require ABSPATH . 'wp-settings.php'; exit;`,
    files: { 'core/wp-settings.php': REAL_WORDPRESS },
    wordpress: false,
    wanted: ['n', 'u', 'core', 'h', 'wp_'],
  },
  {
    name: 'a configuration above the web root',
    at: 'wp-config.php',
    body: `${three}define('DB_PASSWORD', basename(ABSPATH)); $table_prefix = 'wp_'; require ABSPATH . 'wp-settings.php';`,
    wanted: ['n', 'u', 'SITE', 'h', 'wp_'],
  },
]
