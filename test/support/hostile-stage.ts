import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, beforeEach } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { craftChanged } from './crafted-set.ts'
import { makeApache } from './made-up-apache.ts'
import { createProofSite, dumpOf, type ProofSite, type State, setVersion, stateOf } from './proof-site.ts'
import { quickFolder } from './quick-folder.ts'
import { assertNothingLeft, recover, startTask } from './recovery-stage.ts'
import { snapshot } from './snapshot.ts'
import { claim, Stage, type StageHost, type Told, troubles } from './stage.ts'

const folder = quickFolder('hostile')
export const archive = join(folder, 'nas', 'shop')
export const [apache, certificates, outside] = ['apache', 'web1/letsencrypt', 'outside'].map(name => join(folder, name)) as [
  string,
  string,
  string,
]
export let stage: Stage
export let host: StageHost
export let mariadb: Mariadb
export let shop: ProofSite
export let other: ProofSite
export let live: State
let neighbours: Record<string, unknown>
/** A page that always answers: what is restored is judged by what it is. */
const page = createServer((_, response) => response.end('well'))

/** All that is not the hostile site's: the other site, its certificate, the web server, what lies outside, a database of no site, all accounts. */
const everythingElse = async () => ({
  other: await stateOf(other),
  certificates: notOurs(snapshot(certificates)),
  apache: files(snapshot(apache)),
  outside: snapshot(outside),
  foreign: await dumpOf(mariadb, 'foreign'),
  accounts: await mariadb.query('SELECT * FROM mysql.global_priv ORDER BY user, host; SELECT * FROM mysql.db ORDER BY user, db'),
  databases: (await mariadb.query('SHOW DATABASES')).split('\n').filter(name => !name.startsWith('hf_')),
  globals: await mariadb.query("SHOW GLOBAL VARIABLES LIKE 'general_log'"),
  vhosts: readdirSync(host.vhosts).filter(name => name !== '.holdfast'),
})
const notOurs = (found: Record<string, string>) =>
  Object.fromEntries(Object.entries(found).filter(([path]) => path !== '' && !path.startsWith('.holdfast')))
const files = (found: Record<string, string>) =>
  Object.fromEntries(Object.entries(found).filter(([path]) => /\.conf$/.test(path)))

before(async () => {
  mariadb = await startMariadb(join(folder, 'db'))
  const webServer = makeApache(apache)
  stage = new Stage(folder)
  await new Promise<void>(resolve => page.listen(0, '127.0.0.1', resolve))
  const check = { url: `http://127.0.0.1:${(page.address() as AddressInfo).port}/` }
  const sites = { shop: { check }, other: { check } }
  host = stage.addHost('web1', { webServer, certificates, sites, database: { socket: mariadb.socket } } as object)
  shop = await createProofSite(host.vhosts, 'shop', 'shop', mariadb)
  other = await createProofSite(host.vhosts, 'other', 'other', mariadb)
  await mariadb.query(`CREATE DATABASE \`foreign\`; CREATE TABLE \`foreign\`.t (a INT); INSERT INTO \`foreign\`.t VALUES (7);
    CREATE USER 'chief'@'localhost' IDENTIFIED BY 'chief'; GRANT ALL ON *.* TO 'chief'@'localhost'`)
  mkdirSync(outside)
  writeFileSync(join(outside, 'file'), 'outside\n')
  lineage('other.example', ['other.example'], 30)
  for (const site of [shop, other]) {
    claim(site.folder, host)
    await setVersion(site, 'set')
  }
  assert.equal((await startTask(stage, host, 'nightly', []).ended).code, 0)
  await setVersion(shop, 'live')
  live = await stateOf(shop)
  neighbours = await everythingElse()
})
beforeEach(() => {
  rmSync(join(host.folder, 'cache'), { recursive: true, force: true })
})
after(async () => {
  page.close()
  await mariadb.stop()
})

/** Writes a lineage as Let's Encrypt lays it out. */
export function lineage(name: string, domains: string[], days: number, below = certificates): void {
  const [liveFolder, archived] = [join(below, 'live', name), join(below, 'archive', name)]
  for (const each of [liveFolder, archived]) mkdirSync(each, { recursive: true })
  const names = domains.map(domain => `DNS:${domain}`).join(',')
  const words = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-subj',
    '/CN=x',
    '-days',
    `${days}`,
  ]
  const out = ['-keyout', join(archived, 'privkey1.pem'), '-out', join(archived, 'cert1.pem')]
  execFileSync('openssl', [...words, '-addext', `subjectAltName=${names}`, ...out], { stdio: 'ignore' })
  for (const part of ['cert', 'privkey']) {
    rmSync(join(liveFolder, `${part}.pem`), { force: true })
    symlinkSync(`../../archive/${name}/${part}1.pem`, join(liveFolder, `${part}.pem`))
  }
}

export const isUnharmed = async () => {
  const now = await everythingElse()
  for (const [what, was] of Object.entries(neighbours)) assert.deepEqual(now[what as keyof typeof now], was, what)
}
/** A set that is refused as a whole: the site too is as it was. */
export async function refused(why: RegExp): Promise<void> {
  const told = await recover(stage, host, 'shop')
  assert.equal(told.code, 1, told.stdout)
  assert.match(troubles(told).join('\n'), why)
  assert.deepEqual(await stateOf(shop), live)
  await isUnharmed()
  await assertNothingLeft(host, 'shop', mariadb)
}
/** A set that is restored without what is not the site's to bring. */
export async function restoredWithout(note: RegExp | undefined, look: () => void = () => {}): Promise<Told> {
  const told = await recover(stage, host, 'shop')
  await isUnharmed()
  assert.equal(told.code, 0, JSON.stringify(troubles(told)))
  if (note) assert.match(told.outcomes.flatMap(({ notes }) => notes.map(each => each.text)).join('\n'), note)
  look()
  const undone = await recover(stage, host, 'shop', ['--undo'])
  assert.equal(undone.code, 0)
  assert.deepEqual(await stateOf(shop), live)
  await isUnharmed()
  return told
}
export const set = (change: (copy: string) => void) => craftChanged(shop.folder, archive, change)
