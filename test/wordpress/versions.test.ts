import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { versionsIn } from '../../lib/wordpress/versions.ts'
import { ownFolder } from '../support/host.ts'

const folder = ownFolder('versions')
const FILES: Readonly<Record<string, string>> = {
  'SITE/wp-includes/version.php': "<?php\n$wp_version = '6.1.9';\n",
  'SITE/wp-content/plugins/shop/shop.php': '<?php\n/**\n * Plugin Name: Shop\n * Version: 2.3 */',
  'SITE/wp-content/plugins/shop/a.php': '<?php\n/* Plugin Name: Not it\nVersion: 9 */',
  'SITE/wp-content/plugins/odd/main.php': '<?php /*\rPlugin Name: Odd\rVersion:7.0-beta\r*/',
  'SITE/wp-content/plugins/odd/lib/deep.php': '<?php /*\nPlugin Name: Deep\nVersion: 1*/',
  'SITE/wp-content/plugins/none/none.php': '<?php // Version: 3',
  'SITE/wp-content/plugins/__proto__/__proto__.php': '<?php /*\nPlugin Name: X\nVersion: 1*/',
  'SITE/wp-content/themes/twenty/style.css': '/*\nTheme Name: Twenty\nVersion: 1.1\n*/',
}

test('versionsIn() reads what WordPress reads, and follows no link', () => {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  mkdirSync(join(folder, 'SITE/wp-content/plugins/link'))
  symlinkSync(join(folder, 'SITE/wp-content/plugins/shop/shop.php'), join(folder, 'SITE/wp-content/plugins/link/link.php'))
  const paths = [...Object.keys(FILES), 'SITE/wp-content/plugins/link/link.php', 'SITE/wp-content/plugins/gone/gone.php']
  const files = new Map(paths.map(path => [path, { modifiedAt: 0, hash: 0, form: '' }]))
  assert.deepEqual(versionsIn(folder, files), {
    core: ['6.1.9'],
    plugins: { shop: '2.3', odd: '7.0-beta' },
    themes: { twenty: '1.1' },
  })
  files.delete('SITE/wp-includes/version.php')
  assert.equal(versionsIn(folder, files), undefined)
})
