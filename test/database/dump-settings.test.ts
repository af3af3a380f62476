import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dumpContentsOf } from '../../lib/database/dump-size.ts'
import { ownFolder } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

const ROLES = (role: string, is = 1) => `a:1:{s:13:\\"${role}\\";b:${is};}`
const DUMP = `CREATE TABLE \`wp_options\` (
INSERT INTO \`wp_options\` VALUES (1,'siteurl','https://blog.example','yes');
INSERT INTO \`wp_options\` VALUES (2,'active_plugins','a:2:{i:0;s:13:\\"shop/shop.php\\";i:1;s:9:\\"hello.php\\";}','yes');
INSERT INTO \`wp_options\` VALUES (3,'blogname','\\'siteurl\\',\\'https://not.example\\'','yes');
INSERT INTO \`wp_posts\` VALUES (4,'siteurl','https://not.example either');
INSERT INTO \`wp_usermeta\` VALUES (1,1,'wp_capabilities','${ROLES('administrator')}');
INSERT INTO \`wp_usermeta\` VALUES (2,2,'wp_capabilities','${ROLES('editor')}');
INSERT INTO \`wp_usermeta\` VALUES (3,3,'wp_capabilities','${ROLES('administrator', 0)}');
INSERT INTO \`wp_usermeta\` VALUES (4,4,'description','I am wp_capabilities administrator');
INSERT INTO \`wp_usermeta\` VALUES (5,5,'other_capabilities','${ROLES('administrator')}');
`

test('dumpContentsOf() reads the address, the active plugins and the administrators, and nothing where there is no dump', async () => {
  const folder = ownFolder('dump-settings')
  const { shell } = hearingShell()
  assert.equal(await dumpContentsOf(folder, shell), undefined)
  mkdirSync(join(folder, '.holdfast'))
  writeFileSync(join(folder, '.holdfast/database.sql'), DUMP)
  assert.deepEqual((await dumpContentsOf(folder, shell))?.settings, {
    siteUrls: ['https://blog.example'],
    activePlugins: ['hello.php', 'shop/shop.php'],
    administrators: ['wp_users 1', 'wp_users 5'],
  })
})
