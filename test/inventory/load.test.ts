import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { BadInput } from '../../lib/core/bad-input.ts'
import { loadHost } from '../../lib/inventory/load.ts'

const EXAMPLES = join(import.meta.dirname, '../../hosts')
const made: string[] = []
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true })
})

/** A folder of inventories with these texts. */
function folderWith(files: Record<string, string | object>): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-inventory-'))
  made.push(folder)
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), typeof text === 'string' ? text : JSON.stringify(text))
  return folder
}

const archive = { kind: 'folder', path: '/backup' }

test('loadHost() reads the same inventory as TypeScript, JavaScript, JSON and YAML, every default filled in', async () => {
  const code = `export default ${JSON.stringify({ archive })}`
  const yaml = 'archive: { kind: folder, path: /backup }\n'
  const forms = { 'a.ts': `${code} satisfies object`, 'b.js': code, 'c.json': { archive }, 'd.yaml': yaml, 'e.yml': yaml }
  const folder = folderWith(forms)
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const host = await loadHost(folder, name)
    assert.equal(host.name, name)
    assert.deepEqual(host.archive, archive)
    assert.equal(host.vhosts, '/srv/www/vhosts')
    assert.equal(host.paths.logs, '/var/log/holdfast')
  }
})

test('loadHost() reads deadlines as seconds or intervals, and has one for everything', async () => {
  const folder = folderWith({
    'a.json': { archive, deadlines: { look: 90, site: '1D12h' }, sites: { blog: { deadline: '2D' } } },
  })
  const { deadlines, sites } = await loadHost(folder, 'a')
  assert.deepEqual([deadlines.look, deadlines.site, sites.blog!.deadline], [90, 129_600, 172_800])
  for (const seconds of Object.values(deadlines)) assert.ok(seconds > 0)
})

test('every example loads', async () => {
  const names = readdirSync(EXAMPLES).flatMap(file => /^(example-.+)\.(ts|yaml)$/.exec(file)?.[1] ?? [])
  assert.deepEqual(names.toSorted(), ['example-desktop', 'example-local', 'example-replica', 'example-web'])
  for (const name of names) assert.equal((await loadHost(EXAMPLES, name)).name, name)
})

/** Each wrong field: what the message must say of place, what was found and what was wanted (S42). */
const REFUSALS: [string, object, RegExp][] = [
  ['nothing at all', {}, /archive: missing, wanted object|archive: missing/],
  [
    'a field that there is none of',
    { archive, vhost: '/x' },
    /the file as a whole: unknown field "vhost"; there are name, vhosts, vpn, archive,/,
  ],
  [
    'a field within a section',
    { archive, paths: { log: '/x' } },
    /paths: unknown field "log"; there are state, cache, logs, run$/m,
  ],
  ['a field of a site', { archive, sites: { blog: { domain: [] } } }, /sites\.blog: unknown field "domain"; there are domains, /],
  ['a path with the end of a line in it', { archive, vhosts: '/srv/a\nb' }, /vhosts: found "\/srv\/a\\nb": .*without control/],
  [
    'a path of the kernel',
    { archive, vhosts: '/proc/self/root' },
    /vhosts: found "\/proc\/self\/root": wanted a path that is on a disk/,
  ],
  ['a relative path', { archive: { kind: 'folder', path: 'backup' } }, /archive\.path: found "backup": wanted an absolute path/],
  ['a number as text', { archive, concurrency: '2' }, /concurrency: found "2", wanted (number|int)/],
  ['too many at once', { archive, concurrency: 40 }, /concurrency: found 40: .*16/],
  [
    'uploads that lose volumes',
    { archive: { kind: 'url', url: 'sftp://me@nas/x', options: ['--asynchronous-upload'] } },
    /archive\.options\.0: found "--asynchronous-upload": .*it loses volumes; --concurrency=N/,
  ],
  ['an archive of no kind', { archive: { kind: 'tape' } }, /archive\.kind: found .*tape/],
  [
    'a deadline that is none',
    { archive, deadlines: { site: 'tonight' } },
    /deadlines\.site: found "tonight": wanted seconds, such as 90, or an interval, such as 30m, 12h or 2D/,
  ],
  ['a deadline of no kind', { archive, deadlines: { dump: true } }, /deadlines\.dump: found true: wanted seconds/],
  [
    'a deadline that is over at once',
    { archive, sites: { blog: { deadline: 0 } } },
    /sites\.blog\.deadline: found 0: wanted seconds/,
  ],
  [
    'an interval that is none',
    { archive, fullBackupFrequency: 'monthly' },
    /fullBackupFrequency: found "monthly": wanted an interval/,
  ],
  [
    'a secret in place of its name',
    { archive, encryption: { kind: 'passphrase', secret: 'my word' } },
    /encryption\.secret: .*wanted the NAME/,
  ],
  ['a domain with a slash', { archive, sites: { blog: { domains: ['a/b'] } } }, /sites\.blog\.domains\.0: found "a\/b"/],
  [
    'a port that is none',
    { archive, vpn: { kind: 'unit', unit: 'x', probe: { host: 'x', port: 0 } } },
    /vpn\.probe\.port: found 0/,
  ],
  [
    'a command as one text',
    { archive: { kind: 'mount', mountPoint: '/m', by: { kind: 'commands', up: 'mount', down: ['x'] } } },
    /archive\.by\.up: found "mount", wanted array/,
  ],
]

for (const [what, fields, message] of REFUSALS) {
  test(`loadHost() refuses ${what}, naming file, field, what was found and what was wanted`, async () => {
    const folder = folderWith({ 'web1.json': fields })
    await assert.rejects(loadHost(folder, 'web1'), (error: Error) => {
      assert.ok(error instanceof BadInput)
      assert.match(error.message, /web1\.json: (a field is|\d fields are) wrong\n/)
      assert.match(error.message, message)
      return true
    })
  })
}

/** Files that are no inventory at all. */
const BROKEN: [string, string, RegExp][] = [
  ['web1.json', '{ "archive": ', /web1\.json: it does not load/],
  ['web1.yaml', 'archive: [', /web1\.yaml: it does not load/],
  ['web1.ts', 'export default nothing', /web1\.ts: it does not load: nothing is not defined/],
  ['web1.ts', 'export const web1 = {}', /web1\.ts: found no default export, wanted an object/],
  ['web1.json', '[]', /web1\.json: found a list, wanted an object/],
  [
    'web1.json',
    '{"allowance": 1, "allowance": 2}',
    /web1\.json: it does not load: "allowance" is given twice in one object, the second time in line 1/,
  ],
  [
    'web1.ts',
    'export default {\n  allowance: 1,\n  allowance: 2,\n}',
    /web1\.ts: it does not load: "allowance" is given twice in one object, the second time in line 3/,
  ],
  ['web1.ts', 'await new Promise(() => {})', /web1\.ts: it does not load: it .*waits for something that never comes/],
  ['web1.ts', 'process.exit(0)', /web1\.ts: it does not load: it ends the program that reads it/],
  ['web1.ts', 'export default { archive: () => {} }', /web1\.ts: it does not load: .*could not be cloned/],
]

for (const [file, text, message] of BROKEN) {
  test(`loadHost() says what is wrong with ${file}: ${text}`, async () => {
    await assert.rejects(loadHost(folderWith({ [file]: text }), 'web1'), (error: Error) => {
      assert.ok(error instanceof BadInput)
      assert.match(error.message, message)
      return true
    })
  })
}

test('loadHost() is not disturbed by an inventory that throws later', async () => {
  const text = `setTimeout(() => { throw new Error('late') }, 1); Promise.reject(new Error('later')); export default ${JSON.stringify({ archive })}`
  const loaded = await loadHost(folderWith({ 'web1.js': text }), 'web1').then(
    host => host.name,
    error => error.message,
  )
  await new Promise(resolve => setTimeout(resolve, 50))
  assert.match(loaded, /^web1$|web1\.js: it does not load: later/)
})

test('loadHost() refuses two files for one host', async () => {
  const folder = folderWith({ 'web1.json': { archive }, 'web1.yaml': '{}' })
  await assert.rejects(loadHost(folder, 'web1'), /web1\.json and .*web1\.yaml are both there: wanted one file for web1/)
})

test('loadHost() reads JSON that begins with a byte order mark', async () => {
  const folder = folderWith({ 'web1.json': `\ufeff${JSON.stringify({ archive })}` })
  assert.equal((await loadHost(folder, 'web1')).name, 'web1')
})

test('loadHost() refuses an archive and folders of its own among the sites', async () => {
  const wrong: [object, RegExp][] = [
    [
      { archive: { kind: 'folder', path: '/srv/www/vhosts/blog/backup' } },
      /archive\.path: found .*, which is among the sites in/,
    ],
    [{ archive, paths: { state: '/srv/www/vhosts/.state' } }, /paths\.state: found .*, which is among the sites in/],
    [{ archive, vhosts: '/var/cache', paths: { logs: '/l' } }, /paths\.cache: found \/var\/cache\/holdfast, which is among/],
  ]
  for (const [fields, message] of wrong) await assert.rejects(loadHost(folderWith({ 'web1.json': fields }), 'web1'), message)
})

test('loadHost() names the inventories that are there when it wants another', async () => {
  await assert.rejects(
    loadHost(folderWith({ 'web1.json': { archive }, 'schema.json': {} }), 'web2'),
    /no inventory for host "web2": wanted .*web2\.ts .* has web1\.json$/,
  )
  await assert.rejects(loadHost(folderWith({}), 'web2'), /is empty: npm run setup writes a first one/)
  await assert.rejects(loadHost('/nowhere/hosts', 'web2'), /there is no folder \/nowhere\/hosts/)
})

test('loadHost() lays a host over common.*, section by section, and a section of another kind replaces', async () => {
  const common = { archive, logDays: 7, paths: { logs: '/l', cache: '/c' }, encryption: { kind: 'passphrase', secret: 'A' } }
  const own = { paths: { logs: '/mine' }, encryption: { kind: 'none' }, allowance: 5 }
  const host = await loadHost(folderWith({ 'common.json': common, 'web1.json': own }), 'web1')
  assert.deepEqual(host.archive, archive)
  assert.deepEqual([host.paths.logs, host.paths.cache, host.logDays, host.allowance], ['/mine', '/c', 7, 5])
  assert.deepEqual(host.encryption, { kind: 'none' })
})

test('loadHost() names both files when a field is wrong in what they make together', async () => {
  const folder = folderWith({ 'common.json': { logDays: 0 }, 'web1.json': { archive } })
  await assert.rejects(loadHost(folder, 'web1'), /web1\.json \(over .*common\.json\): a field is wrong\n {2}logDays: found 0/)
})
