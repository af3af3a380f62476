import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DatabaseAccess } from '../../lib/core/database-access.ts'
import { Secret } from '../../lib/core/secret.ts'
import { placeOf } from '../../lib/host/site.ts'
import { databasesIn } from '../../lib/restore/database-access.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { fakeProgram, whilePathHas } from '../support/programs.ts'
import { hearingShell } from '../support/shell.ts'

const folder = ownFolder('database-access')
const SECRETS = new Map([
  ['SHOP_PASSWORD', new Secret('from .env')],
  ['PP', new Secret('guards the backups')],
])

/** How `shop` reaches its database with these settings and this configuration. */
async function read(settings: object, body = `define('DB_NAME', getenv('DB_NAME'));`) {
  const host = hostIn(folder, { sites: { shop: settings }, encryption: { kind: 'passphrase', secret: 'PP' } } as object)
  const site = placeOf(host, 'shop')
  const config = join(site.folder, 'SITE', 'wp-config.php')
  mkdirSync(join(site.folder, 'SITE'), { recursive: true })
  writeFileSync(config, `<?php ${body}`, { mode: 0o644 })
  const { shell, hidden } = hearingShell()
  const [own, ...others] = await databasesIn({ host, secrets: SECRETS, shell }, site, site.folder)
  assert.ok(own && others.length === 0)
  if ('unknown' in own.data) throw new Error(own.data.unknown)
  const access = own.data as DatabaseAccess
  assert.ok(hidden.has(access.password.reveal()))
  return { ...access, password: access.password.reveal() }
}

test('databasesIn() takes what the inventory says, and asks no PHP', async () => {
  const said = { tablePrefix: 'wp_', charset: undefined }
  const database = { name: 'shop', secret: 'SHOP_PASSWORD' }
  const access = { database: 'shop', user: 'shop', password: 'from .env', address: { kind: 'default' }, ...said }
  assert.deepEqual(await read({ database }, 'while (1);'), access)
  assert.deepEqual(await read({ database: { ...database, user: 'me', host: 'db:3307', tablePrefix: 'x_' } }), {
    ...{ ...access, user: 'me', tablePrefix: 'x_' },
    address: { kind: 'tcp', host: 'db', port: 3307 },
  })
})

test('databasesIn() says where to say what only the web server knows', async () => {
  await assert.rejects(
    read({}),
    /wp-config\.php: DB_NAME is empty; what only the web server tells it can be said in the inventory, in sites\.shop\.database$/,
  )
})

test('databasesIn() says that there is no PHP, where there is none', async () => {
  fakeProgram(join(folder, 'bin'), 'bwrap', 'exec $(PATH=$REAL command -v bwrap) "${@/#php/no-php-here}"')
  await assert.rejects(
    whilePathHas(join(folder, 'bin'), () => read({})),
    /there is no PHP on this host to run it \(Debian: the package php-cli\); what only .* sites\.shop\.database$/,
  )
})

test('databasesIn() gives a configuration the variables that it is granted, and none that guards a backup', async () => {
  const body = `define('DB_NAME', 'n'); define('DB_USER', getenv('PP') ?: 'none'); define('DB_PASSWORD', getenv('SHOP_PASSWORD')); define('DB_HOST', 'localhost'); $table_prefix = 'wp_';`
  const { user, password } = await read({ env: ['SHOP_PASSWORD'] }, body)
  assert.deepEqual([user, password], ['none', 'from .env'])
  await assert.rejects(read({ env: ['PP'] }, body), /PP is the secret of encryption\.secret, which no site may read/)
})
