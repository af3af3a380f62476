import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DAY } from '../../lib/core/age.ts'
import type { KnownFile } from '../../lib/core/audit.ts'
import type { LastVerdict } from '../../lib/core/last-run.ts'
import type { SetRecord } from '../../lib/core/set-record.ts'
import { formatName } from '../../lib/duplicity/names.ts'
import { historyFile, writeLastRun } from '../../lib/host/records.ts'
import { linesOf, stateFile, textOfState } from '../../lib/host/state.ts'
import { writeAuditedFiles } from '../../lib/store/audited-files.ts'
import { textOfRecords } from '../../lib/store/record-lines.ts'
import { hostIn } from '../support/host.ts'
import type { Stage, StageHost } from '../support/stage.ts'

/** A set as a night made it: its files with what was written down of each. */
interface Made {
  readonly time: number
  readonly files: ReadonlyMap<string, KnownFile>
}

/** Days of which a chain is, and of those after its beginning each has an incremental. */
const CHAIN = 40

/**
 * Sites that a host has backed up each night, a chain in 40: their sets, each at a second of its own, what stands beside
 * them, and what the host remembers of them. Every 20th is a WordPress. The files hold nothing, and are as long as they
 * are said to be.
 */
export function makeHistories(stage: Stage, host: StageHost, sites: number, sets: number): void {
  const random = randomOf(1)
  const owner = hostIn(host.folder)
  const remember = (name: string, text: string): void => write(stateFile(owner, name), text)
  const lastNight = Math.floor(Date.now() / DAY) * DAY - DAY + 3 * 3_600_000
  const verdicts: [string, LastVerdict][] = []
  for (let index = 0; index < sites; index++) {
    const name = `site${index}`
    // a night takes a second or two for each site
    const times = Array.from({ length: sets }, (_, at) => lastNight - (sets - 1 - at) * DAY + (index * 2 + random(60)) * 1000)
    const made = times.map((time, at) => setOf(time, at % CHAIN === 0 ? undefined : times[at - 1], random))
    const archive = join(stage.archive, name)
    for (const each of [join(host.vhosts, name), archive]) write(join(each, `PRIMARY_IS_${host.name}`), '')
    mkdirSync(join(host.vhosts, name, 'SITE'))
    const epoch = { number: 1, owner: host.name, since: new Date(times[0]!).toISOString(), by: 'claim', before: [] }
    write(join(archive, '.holdfast-epoch-1', host.name), `${JSON.stringify(epoch)}\n`)
    const records = made.map((set, at) => recordOf(set, at % CHAIN === 0, index % 20 === 0, random)).toReversed()
    write(join(archive, '.holdfast-sets'), textOfRecords(records))
    const seals = sealsOf(made, host.name)
    write(join(archive, '.holdfast-seals'), seals)
    for (const set of made) for (const [file, { bytes }] of set.files) writeFileSync(join(archive, file), Buffer.alloc(bytes!))
    const last = times.at(-1)!
    writeAuditedFiles(owner, name, Object.fromEntries(made.flatMap(remembered)))
    remember(join('seals', name), textOfState({ hasAlarm: false, seen: seals }))
    remember(
      join('sites', name),
      textOfState({ backedUpTo: last, backedUpAs: host.name, epoch: { number: 1, owner: host.name }, torn: [] }),
    )
    const nights = made.map(({ time }) => ({ at: new Date(time + 5000).toISOString(), bytes: 1e6 + random(1e6), allowance: 1e9 }))
    const moved = nights.map(night => ({ ...night, read: random(1e5), written: random(1e5), seconds: random(5000) / 1000 }))
    write(historyFile(owner, name), linesOf(moved))
    verdicts.push([name, { verdict: 'well', since: times[0]!, at: last + 5000, work: [], damage: {} }])
  }
  writeLastRun(owner, 'nightly', { sites: Object.fromEntries(verdicts) })
  writeFileSync(join(stage.archive, '.holdfast-identity'), 'known\n')
}

type Random = (below: number) => number

/** The same numbers each time. */
function randomOf(seed: number): Random {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function setOf(time: number, baseTime: number | undefined, random: Random): Made {
  const kind = baseTime === undefined ? 'full' : 'incremental'
  const common = { kind, time, ...(baseTime !== undefined && { baseTime }), partial: false } as const
  const hex = (length: number): string => Array.from({ length }, () => random(16).toString(16)).join('')
  const volumes = Array.from({ length: kind === 'full' ? 2 : 1 }, (_, at): [string, KnownFile] => [
    formatName({ ...common, role: 'volume', volume: at + 1, packing: 'gzip' }),
    { bytes: 100 + random(900), sha1: hex(40) },
  ])
  const others = (['manifest', 'signatures'] as const).map((role): [string, KnownFile] => [
    formatName({ ...common, role, packing: role === 'manifest' ? 'plain' : 'gzip' }),
    { bytes: 100 + random(900), sha256: hex(64) },
  ])
  return { time, files: new Map([...volumes, ...others]) }
}

/** What is written down beside a set, as a night does it. */
function recordOf({ time, files }: Made, isFull: boolean, isWordpress: boolean, random: Random): SetRecord {
  const changes = { PHP: [random(3), random(9), 0], images: [random(20), 0, 0] } as const
  const tables = { wp_options: 150 + random(50), wp_posts: 2000 + random(500), wp_users: 1 + random(9) }
  const plugins = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`plugin-${at}`, `${1 + random(5)}.${random(20)}`]))
  const wordpress = {
    dump: { bytes: 1e6 + random(1e6), packed: false },
    rows: tables,
    needs: { database: true, phpVersion: '8.2', php: ['ctype', 'curl', 'dom', 'gd', 'mbstring', 'mysqli', 'pdo', 'xml'] },
    answer: { works: true, said: `200, ${random(9000)} bytes` },
  }
  const states = { tables, versions: { core: ['6.8'], plugins, themes: { 'twenty-five': '1.2' } } }
  return {
    ...{ time, host: 'web1', epoch: 1, files: 4000 + random(1000), bytes: 1e8 + random(1e7) },
    ...(isWordpress ? wordpress : { rows: {}, needs: {} }),
    state: { ...(isFull ? {} : { changes }), ...(isWordpress && isFull && states) },
    stored: Object.fromEntries(files),
  }
}

/** The history of the seals; see seal.ts in core. */
function sealsOf(sets: readonly Made[], host: string): string {
  let before = ''
  const lines = sets.map(({ time, files }) => {
    const add = Object.fromEntries(
      [...files].map(([name, { sha256, ...volume }]) => [name, sha256 === undefined ? volume : { sha256 }]),
    )
    const line = JSON.stringify({ before, time: new Date(time).toISOString(), host, add, removed: [] })
    before = createHash('sha256').update(line).digest('hex')
    return `${line}\n`
  })
  return lines.join('')
}

/** What a host remembers of the files of a set that it made and read back. */
const remembered = ({ time, files }: Made): [string, object][] =>
  [...files].map(([name, file]) => {
    const copy = file.sha256 === undefined ? {} : { copy: `${file.bytes} ${time}000000` }
    return [name, { ...file, readAt: time + 4000, ...copy }]
  })

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
