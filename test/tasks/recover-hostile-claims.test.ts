import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dumpTextIn } from '../support/dump-text.ts'
import { lineage, other, refused, restoredWithout, set } from '../support/hostile-stage.ts'
import { configOf } from '../support/proof-site.ts'

const config =
  (name: string, user: string, password = 'x') =>
  (copy: string) =>
    writeFileSync(join(copy, 'SITE', 'wp-config.php'), configOf({ name, user, password }))
const configs: [string, (copy: string) => void, RegExp][] = [
  ["names another site's database", config('other', 'shop'), /"other" is recorded as that of site "other"/],
  [
    "names another site's account",
    config('shop', 'other', 'password-of-other'),
    /account "other" is recorded as that of site "other"/,
  ],
  ["names the server's root", config('shop', 'root'), /names "root", which belongs to the database server/],
  ["names the server's own database", config('mysql', 'shop'), /names "mysql", which belongs to the database server/],
  [
    'names a database that no site has recorded',
    config('foreign', 'shop'),
    /"foreign" is on this server already, .*not recorded as that of shop/,
  ],
  [
    'names an account that no site has recorded',
    config('shop', 'chief', 'mine now'),
    /account "chief" is on this server already, .*not recorded as that of shop/,
  ],
  ...(
    [
      ['other', /"other" is recorded as that of site "other"/],
      ['foreign', /"foreign" is on this server already, .*not recorded as that of shop/],
    ] as const
  ).map(([name, why]): [string, (copy: string) => void, RegExp] => [
    `has a second one beside it that names the database "${name}"`,
    copy => {
      const folder = join(copy, 'SITE', 'blog')
      mkdirSync(folder)
      writeFileSync(join(folder, 'wp-config.php'), configOf({ name, user: 'shop', password: 'x' }))
      writeFileSync(join(folder, 'wp-settings.php'), '<?php\n')
      const dump = dumpTextIn(copy)
      writeFileSync(join(copy, '.holdfast', `database-${name}.sql`), dump.replace('Database: shop', `Database: ${name}`))
    },
    why,
  ]),
  [
    "is a link to another site's",
    copy => {
      rmSync(join(copy, 'SITE', 'wp-config.php'))
      symlinkSync(join(other.root, 'wp-config.php'), join(copy, 'SITE', 'wp-config.php'))
    },
    /wp-config\.php: .*it cannot be read with the rights of its owner, or leads out of the site's folder/,
  ],
  [
    'does not parse',
    copy => writeFileSync(join(copy, 'SITE', 'wp-config.php'), "<?php\ndefine('DB_NAME', "),
    /check-files: .*wp-config\.php/,
  ],
]
for (const [what, change, why] of configs) {
  test(`a set whose wp-config.php ${what} is refused`, async () => {
    await set(change)
    await refused(why)
  })
}

test('certificates for the domains of others stay out', async () => {
  await set(copy => lineage('other.example', ['other.example'], 900, join(copy, '.holdfast', 'certificates')))
  await restoredWithout(/certificate other\.example is left out: it is not for the site's own domains alone/)
  await set(copy => lineage('shop.example', ['shop.example', 'other.example'], 900, join(copy, '.holdfast', 'certificates')))
  await restoredWithout(/certificate shop\.example is left out: it is not for the site's own domains alone/)
})
