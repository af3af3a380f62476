import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isSelfContained } from '../../lib/wordpress/self-contained.ts'

const USUAL = `<?php
/**
 * The base configuration: getenv('X') in a comment.
 */
// ** Database ** //
define( 'DB_NAME', 'it\\'s' );
define( "DB_USER", "u" ); # the user
define('DB_PASSWORD', 'a$b"c?\\\\');
define('DB_HOST', 'localhost:3306');
define('AUTH_KEY', ';)*/ // $x \` <?= ');
$table_prefix = 'wp_';
@ini_set('display_errors', 0);
define('WP_DEBUG', false);
define('WP_MEMORY_LIMIT', -1);
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', dirname( __FILE__ ) . '/' );
}
if (!defined('WP_CACHE')) define('WP_CACHE', TRUE);
require_once( ABSPATH . 'wp-settings.php' );
`

test('isSelfContained() knows the usual configuration, and each of its beginnings that is whole', () => {
  assert.equal(isSelfContained(USUAL), true)
  assert.equal(isSelfContained(`${USUAL}?>\n`), true)
  assert.equal(isSelfContained("<?php define('DB_NAME', 'x');"), true)
})

const NOT: readonly string[] = [
  "define('DB_NAME', getenv('X'));",
  "define('DB_NAME', $_ENV['X']);",
  "define('DB_NAME', $x);",
  "define('DB_NAME', `id`);",
  "define('DB_NAME', ABSPATH . 'x');",
  "define('DB_NAME', __DIR__);",
  "define('DB_NAME', 'a' ?: 'b');",
  'define(\'DB_NAME\', "$x");',
  'define(\'DB_NAME\', "{$x()}");',
  'define(\'DB_NAME\', "\\\\$x");',
  "define('DB_NAME', <<<X\nx\nX);",
  "define('DB_' . 'NAME', 'x');",
  "define('WP_CONTENT_DIR', '/x');",
  "define('DB_FILE', 'x');",
  "define($x, 'x');",
  "define('X', time());",
  "define('X', DB_NAME);",
  "$x = file_get_contents('x');",
  "$x = ['a'];",
  "$x['a'] = 'b';",
  "$_SERVER['HTTP_HOST'] = 'x';",
  "$GLOBALS['table_prefix'] = 'x';",
  "$GLOBALS = 'x';",
  "$$x = 'x';",
  '$x = $y;',
  "require 'local.php';",
  "require ABSPATH . 'local.php';",
  "require ABSPATH . 'wp-settings.php' . '.bak';",
  "include ABSPATH . 'wp-settings.php';",
  "if (file_exists('x')) define('DB_NAME', 'x');",
  "if (defined('X')) define('DB_NAME', 'x');",
  "if (!defined('X')) require 'x';",
  "if (!defined('X')) { define('DB_NAME', 'x'); } else { define('DB_NAME', 'y'); }",
  "if (!defined('X')) { $x = getenv('x'); }",
  "if (!defined('X')) {",
  "// x\r$x = getenv('X');",
  "# x\r$x = getenv('X');",
  "#[X] define('DB_NAME', 'x');",
  "/* x */ */ define('DB_NAME', 'x');",
  '/* x',
  "'x",
  "// ?> <?php $x = getenv('X');",
  "$f('x');",
  "define('DB_NAME', 'x')('y');",
  'exit;',
  "namespace x; define('DB_NAME', 'x');",
  "declare(ticks=1); define('DB_NAME', 'x');",
  "eval('x');",
  '__halt_compiler();',
  "const DB_NAME = 'x';",
]
for (const body of NOT)
  test(`isSelfContained() does not vouch for ${JSON.stringify(body)}`, () => {
    assert.equal(isSelfContained(`<?php ${body}`), false)
    assert.equal(isSelfContained(`${USUAL}${body}`), false)
  })

test('isSelfContained() vouches for nothing that calls, by property: whatever is written around it', () => {
  const piece = fc.constantFrom(...USUAL.split('\n'), "'", '"', '/*', '*/', '//', '\n', '#', '\\', '<?php', '?>')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(piece, { maxLength: 12 }), (before, after) => {
      const text = `<?php ${before.join('\n')}\n'*/' . "'"; \nprobe();\n${after.join('\n')}`
      // where it is vouched for, the call is within a comment or a text: so is a text that ends either
      if (isSelfContained(text)) assert.equal(isSelfContained(text.replace('probe();', "define('SEEN', 'probe');")), true)
    }),
    { numRuns: 300 },
  )
})
