import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { nextLine } from '../../lib/core/seal.ts'
import { ownFolder } from '../support/host.ts'
import { commandIn, typeCommand } from '../support/printed.ts'
import { startTask } from '../support/recovery-stage.ts'
import { Stage, troubles, verdicts } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = ownFolder('seal-nights')
const stage = new Stage(folder)
const web1 = stage.addHost('web1')
const web2 = stage.addHost('web2')
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const sha1 = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex')

const at = (site: string, name: string): string => join(stage.archive, site, name)
const textOf = (site: string, name: string): string => readFileSync(at(site, name), 'utf8')
const linesOf = (site: string): string[] => textOf(site, '.holdfast-seals').split('\n').slice(0, -1)
/** The files of a site's sets, the oldest set first. */
const filesOf = (site: string): string[] =>
  readdirSync(join(stage.archive, site))
    .filter(name => name.startsWith('duplicity-'))
    .toSorted((a, b) => /\d{8}T\d{6}/.exec(a)![0].localeCompare(/\d{8}T\d{6}/.exec(b)![0]))

/** Takes the oldest set away with what is written down of it, as a host would that was taken over. */
function removeOldest(site: string): string[] {
  const files = filesOf(site).slice(0, 3)
  for (const name of files) rmSync(at(site, name))
  const records = textOf(site, '.holdfast-sets').split('\n')
  writeFileSync(at(site, '.holdfast-sets'), records.slice(0, -2).concat('').join('\n'))
  return files
}

/** What is done to the archive of each site, what its owner says then, and its replica. */
const ATTACKS: Readonly<Record<string, { attack: (site: string) => void; owner: RegExp; replica: RegExp }>> = {
  pruned: { attack: () => {}, owner: /^$/, replica: /^$/ },
  removed: {
    attack: removeOldest,
    owner:
      /^removed needs attention: its archive is not as it was sealed, since 20.*: 3 files gone that nobody was to remove: duplicity-full/,
    replica: /^removed needs attention: its archive is not as it was sealed, since 20.*: 3 files gone/,
  },
  cut: {
    attack: site => writeFileSync(at(site, '.holdfast-seals'), `${linesOf(site)[0]}\n`),
    owner: /the history of its sets was changed or cut back: this host saw 2 lines, and line 2 is another/,
    replica: /the history of its sets was changed or cut back/,
  },
  forged: {
    attack: site => {
      const history = textOf(site, '.holdfast-seals')
      const removed = removeOldest(site)
      appendFileSync(at(site, '.holdfast-seals'), nextLine(history, { time: 0, host: 'web1', add: {}, removed }, sha256))
    },
    owner: /has a line of 1970.*, in the name of web1, that this host did not write; 3 files gone that nobody was to remove/,
    replica: /^$/,
  },
  replaced: {
    // its manifest lists the other volume: nobody but its seal knows what it was
    attack: site => {
      const [volume, manifest] = ['.vol1.', '.manifest'].map(part =>
        at(site, filesOf(site).findLast(name => name.includes(part))!),
      )
      const other = randomBytes(statSync(volume!).size)
      writeFileSync(manifest!, readFileSync(manifest!, 'utf8').replace(sha1(readFileSync(volume!)), sha1(other)))
      writeFileSync(volume!, other)
      rmSync(at(site, '.holdfast-sets'))
      rmSync(join(web1.folder, 'state/archive-files'), { recursive: true })
      rmSync(join(web1.folder, 'cache'), { recursive: true })
    },
    owner: /^replaced needs attention: incremental set of 20.*: volume 1 is not what was written: its SHA1/,
    // which had that set before, and reads the newest only
    replica: /^$/,
  },
}
const SITES = Object.keys(ATTACKS)
const ofSite = (told: readonly string[], site: string): string => told.find(line => line.startsWith(`${site} `)) ?? ''

test('a set that is removed or replaced, and a history that is changed, are an alarm on both hosts until a person clears it; pruning is none', async () => {
  for (const site of SITES) {
    const place = await createStaticSite(web1, site)
    writeFileSync(join(place, 'full_backup_freq'), site === 'replaced' ? '1M' : '1s')
    if (site !== 'pruned') continue
    writeFileSync(join(place, 'SITE/picture'), randomBytes(600_000))
    writeFileSync(join(place, 'max_NAS_space'), '1')
  }
  for (const host of [web1, web1, web2]) {
    const told = await stage.told(host)
    assert.deepEqual([troubles(told), verdicts(told)], [[], []])
  }
  const pruning = await stage.told(web1, ['--site', 'pruned'])
  assert.deepEqual(troubles(pruning), [])
  assert.deepEqual(JSON.parse(linesOf('pruned').at(-2)!).removed.length, 3)

  for (const [site, { attack }] of Object.entries(ATTACKS)) attack(site)
  const [owner, replica] = [await stage.told(web1), await stage.told(web2)]
  for (const [site, says] of Object.entries(ATTACKS)) {
    assert.match(ofSite(verdicts(owner), site), says.owner, verdicts(owner).join('\n'))
    assert.match(ofSite(verdicts(replica), site), says.replica, verdicts(replica).join('\n'))
  }
  assert.deepEqual([owner.code, replica.code, linesOf('cut').length], [1, 1, 1])

  for (const [host, told] of [
    [web1, owner],
    [web2, replica],
  ] as const) {
    const status = await startTask(stage, host, 'status').ended
    assert.match(status.stdout, /PROBLEM cut: its archive is not as it was sealed/)
    const cleared = await typeCommand(commandIn(status.stdout, 'status', '--clear cut'))
    assert.doesNotMatch(cleared.said, /cut: its archive is not/)
    const others = SITES.filter(each => /sealed/.test(ofSite(verdicts(told), each)))
    const words = others.flatMap(site => ['--clear', site])
    assert.doesNotMatch((await startTask(stage, host, 'status', words).ended).stdout, /its archive is not as it was sealed/)
  }
  for (const host of [web1, web2]) assert.deepEqual(verdicts(await stage.told(host)), [])
  assert.ok(linesOf('cut').length === 2 && existsSync(join(web2.folder, 'state/seals/cut.json')))
})
