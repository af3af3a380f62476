import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { statusSchema } from '../../lib/report/status.ts'
import { filesOfSet, type SetSketch } from '../duplicity/archive.ts'

const DAY = 86_400_000
const HOME = join(import.meta.dirname, '../..')
let folder: string

const writeInventory = (name: string, fields: object) =>
  writeFileSync(join(folder, 'hosts', `${name}.json`), JSON.stringify(fields))
const today = Math.floor((Date.now() - Date.UTC(2026, 0, 1)) / DAY)

/** A site with two chains that end yesterday: fulls of 30 MB, incrementals of 2 MB. */
function site(name: string, marker = 'web1', ends = 1): void {
  mkdirSync(join(folder, 'vhosts', name, 'SITE'), { recursive: true })
  mkdirSync(join(folder, 'nas', name), { recursive: true })
  for (const place of ['vhosts', 'nas']) writeFileSync(join(folder, place, name, `PRIMARY_IS_${marker}`), '')
  for (let day = today - ends - 19; day <= today - ends; day++) add(name, sketch(day, (day - (today - ends - 19)) % 10 === 0))
}

const sketch = (day: number, full: boolean): SetSketch => (full ? { day } : { day, base: day - 1 })

function add(name: string, set: SetSketch): void {
  for (const { name: file } of filesOfSet(set)) {
    writeFileSync(join(folder, 'nas', name, file), 'x')
    if (file.includes('.vol')) truncateSync(join(folder, 'nas', name, file), set.base === undefined ? 30e6 : 2e6)
  }
}

function run(task: string, ...words: string[]) {
  const all = [join(HOME, 'tasks', `${task}.ts`), '--host', 'web1', '--inventory', join(folder, 'hosts'), ...words]
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' })
  return { code: status, stdout, stderr }
}

/** Every file below a folder with its time and size. */
const snapshot = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .map(name => `${name} ${statSync(join(root, name)).mtimeMs} ${statSync(join(root, name)).size}`)

/** A host with an archive of made-up files, as sparse as they can be: status and forecast look at names and sizes only. */
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-status-'))
  for (const each of ['hosts', 'vhosts', 'nas']) mkdirSync(join(folder, each))
  writeFileSync(join(folder, 'nas', '.holdfast-identity'), 'known\n')
  const at = (part: string) => join(folder, part)
  const paths = { state: at('state'), cache: at('cache'), logs: at('logs'), run: at('run') }
  writeInventory('web1', {
    vhosts: at('vhosts'),
    archive: { kind: 'folder', path: at('nas') },
    freeSpaceFactor: 0,
    keepDays: 0,
    paths,
  })
  writeInventory('other', { vhosts: at('vhosts'), archive: { kind: 'folder', path: at('nowhere') }, freeSpaceFactor: 0, paths })
  site('blog')
})
after(() => rmSync(folder, { recursive: true, force: true }))

test('status.ts: a table for people, exit code 0 when all is well, and nothing is written', () => {
  const before = snapshot(folder)
  const { code, stdout } = run('status')
  assert.equal(code, 0, stdout)
  assert.match(stdout, /^ {2}blog {2}primary {2}\d+ h +20 days +20 +2 +96\.0 MB +1\.00 GB +well$/m)
  assert.match(stdout, /blog: none\. 96\.0 MB of 1\.00 GB used: within the allowance\n\nall well/)
  assert.deepEqual(snapshot(folder), before)
})

test('status.ts --json keeps to its schema, and works while a run holds the lock', async () => {
  mkdirSync(join(folder, 'state'), { recursive: true })
  const holder = spawn('flock', ['--no-fork', join(folder, 'state/lock'), 'sleep', '60'])
  try {
    const { code, stdout } = run('status', '--json', '--mounted')
    assert.equal(code, 0, stdout)
    const status = statusSchema.parse(JSON.parse(stdout))
    assert.equal(status.sites[0]!.chains.length, 2)
    assert.equal(status.sites[0]!.allReadSince, null)
    assert.deepEqual([status.sites[0]!.newestAgeSeconds! > 80_000, status.sites[0]!.next!.action], [true, 'none'])
  } finally {
    holder.kill()
  }
})

test('status.ts tells what pruning would do next and why; that is its daily work, and the site is well', () => {
  writeFileSync(join(folder, 'vhosts/blog/max_NAS_space'), '90')
  try {
    const { code, stdout } = run('status')
    assert.equal(code, 0)
    assert.match(stdout, /warning blog: over its allowance, 96\.0 MB of 90\.0 MB: the next run frees 48\.0 MB/)
    assert.match(
      stdout,
      /blog: remove-chain, frees 48\.0 MB\. .*\n {4}not cleanup: the collection is clean\n {4}not strip-incrementals: no chain older/,
    )
  } finally {
    rmSync(join(folder, 'vhosts/blog/max_NAS_space'))
  }
})

test('status.ts ends with 1 when a backup is too old, a volume is gone, or two hosts claim a site', () => {
  site('late', 'web1', 3)
  site('torn')
  const volume = readdirSync(join(folder, 'nas/torn')).find(name => name.includes('duplicity-full') && name.includes('.vol'))!
  rmSync(join(folder, 'nas/torn', volume))
  site('claimed')
  writeFileSync(join(folder, 'vhosts/claimed/PRIMARY_IS_web2'), '')
  const { code, stdout } = run('status')
  for (const name of ['late', 'torn', 'claimed'])
    for (const place of ['vhosts', 'nas']) rmSync(join(folder, place, name), { recursive: true })
  assert.equal(code, 1)
  assert.match(stdout, /PROBLEM late: no backup for 3 days/)
  assert.match(stdout, /PROBLEM torn: full set of \d{8}T000000Z: volume 1 is missing/)
  assert.match(stdout, /PROBLEM claimed: ambiguous: /)
  assert.doesNotMatch(stdout, /PROBLEM blog/)
})

test('status.ts: an archive that is not there is a problem, a site that does not exist bad input', () => {
  const missing = run('status', '--host', 'other')
  assert.equal(missing.code, 1)
  assert.match(missing.stdout, /PROBLEM Check the archive, read-only: /)
  assert.equal(statSync(folder).isDirectory() && readdirSync(folder).includes('nowhere'), false)
  const unknown = run('status', '--site', 'nix')
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /no site "nix"/)
})

test('status.ts knows an adopted archive before the first night has marked it, and writes nothing into it', () => {
  const mark = join(folder, 'nas/.holdfast-identity')
  const known = readFileSync(mark)
  rmSync(mark)
  const { stdout } = run('status', '--site', 'blog')
  assert.match(stdout, /^[ !] +blog {2}primary {2}\d+ h +20 days +20 +2 +/m)
  assert.equal(existsSync(mark), false)
  writeFileSync(mark, known)
})

test('status.ts of an archive at a URL asks duplicity, and makes no folder where there is none yet', () => {
  const at = (part: string) => join(folder, part)
  const paths = { state: at('state'), cache: at('cache'), logs: at('logs'), run: at('run') }
  const archive = { kind: 'url', url: `file://${at('a%20far')}`, options: [], env: [] }
  writeInventory('far', { vhosts: at('far-vhosts'), archive, paths })
  mkdirSync(join(folder, 'far-vhosts/page/SITE'), { recursive: true })
  mkdirSync(join(folder, 'far-vhosts/nobodys/SITE'), { recursive: true })
  writeFileSync(join(folder, 'far-vhosts/page/PRIMARY_IS_far'), '')
  const before = snapshot(folder)
  const none = run('status', '--host', 'far')
  assert.equal(none.code, 1)
  assert.match(none.stdout, /PROBLEM page: there is no backup that could be restored/)
  assert.deepEqual(snapshot(folder), before)
  const words = [
    'full',
    '--no-encryption',
    `--archive-dir=${at('far-cache')}`,
    at('far-vhosts/page'),
    `file://${at('a far/page')}`,
  ]
  assert.equal(spawnSync('duplicity', words).status, 0)
  const made = snapshot(folder)
  const one = run('status', '--host', 'far')
  assert.equal(one.code, 0, one.stdout)
  assert.match(one.stdout, /^ {2}page +primary +\d+ (s|min) .* \? MB/m)
  assert.match(one.stdout, /the sizes of the sets are not known here: nothing is pruned for the allowance/)
  assert.deepEqual(snapshot(folder), made)
})

test('forecast.ts: a table, a comparison, and a page that needs nothing else', () => {
  const page = join(folder, 'page.html')
  const { code, stdout } = run('forecast', '--html', page, '--nights', '400')
  assert.equal(code, 0)
  assert.match(stdout, /blog, after 400 nights; a full takes 30\.0 MB, an incremental 2\.00 MB; it does not grow$/m)
  assert.match(stdout, /^ {2}as it is +1\.00 GB +30 days +20\d\d-\d\d-\d\d/m)
  assert.match(stdout, /^ {2}twice the allowance +2\.00 GB/m)
  assert.match(run('forecast', '--nights', '3').stdout, /^ {2}as it is +1\.00 GB +30 days +not in 3 nights +/m)
  const html = readFileSync(page, 'utf8')
  assert.equal(html.match(/<svg role="img" aria-label="[^"]+/g)?.length, 2)
  assert.doesNotMatch(html, /<script|(?:src|href)="http/)
  const asked = run('forecast', '--allowance', '100', '--frequency', '1W', '--nights', '60', '--json')
  const { sites } = JSON.parse(asked.stdout) as {
    sites: { variants: { name: string; allowanceBytes: number; frequencySeconds: number }[] }[]
  }
  assert.deepEqual(
    sites[0]!.variants.map(({ name, allowanceBytes, frequencySeconds }) => [name, allowanceBytes, frequencySeconds]),
    [
      ['as it is', 1e9, 2_592_000],
      ['as asked', 1e8, 604_800],
    ],
  )
})

test('forecast.ts knows the growth of a site that has one full, by what was written down of each night', () => {
  const records = Array.from({ length: 20 }, (_, night) => ({
    set: new Date(Date.UTC(2026, 0, 1 + today - 20 + night)).toISOString(),
    ...{ files: 10, bytes: 300e6 + night * 3e6 },
  }))
  writeFileSync(join(folder, 'nas/blog/.holdfast-sets'), records.map(record => `${JSON.stringify(record)}\n`).join(''))
  const { stdout } = run('forecast', '--nights', '2')
  assert.match(stdout, /blog, after 2 nights; a full takes 30\.0 MB, an incremental 2\.00 MB; it grows by 2\d\d kB a day$/m)
  rmSync(join(folder, 'nas/blog/.holdfast-sets'))
})

test('status.ts and forecast.ts refuse what makes no sense, in a line', () => {
  const file = join(folder, 'hosts/web1.json')
  for (const [task, words, pattern] of [
    ['forecast', ['--nights', '1.5'], /--nights: found "1\.5", wanted a whole number/],
    ['forecast', ['--frequency', 'often'], /--frequency: found "often", wanted an interval/],
    ['forecast', ['--allowance', '-5'], /--allowance/],
    ['forecast', ['--allowance', '1e3'], /--allowance: found "1e3", wanted a number/],
    ['forecast', ['--html='], /--html: found nothing, wanted FILE/],
    ['forecast', ['--html', folder], /--html: cannot write .*EISDIR/],
    ['status', ['--html='], /--html: found nothing, wanted DIR/],
    ['status', ['--html', file], /--html: cannot write to .*EEXIST/],
    ['status', ['--env', '/dev/null'], /\/dev\/null (is no file|has mode)/],
    ['status', ['more'], /Unexpected argument 'more'/],
  ] as const) {
    const { code, stderr } = run(task, ...words)
    assert.equal(code, 2, stderr)
    assert.match(stderr, pattern)
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
  }
})
