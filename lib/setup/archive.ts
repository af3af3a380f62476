import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isMountPoint } from '../core/path.ts'
import { type HostNeeds, neededByAll } from '../core/site-needs.ts'
import { type NightlyStart, nightlyStart } from '../core/stagger.ts'
import { mountTable } from '../engine/kernel.ts'
import type { Host } from '../inventory/schema.ts'
import { hostCardIn } from '../store/host-cards.ts'
import { recordsIn } from '../store/record-lines.ts'
import type { Found } from './find.ts'

/** Milliseconds for which an archive is looked at: a share's server may be dead. */
const PATIENCE = 20_000

/** Print files with a NUL behind each: cards of hosts, their names in front, and records of sets. */
const FILES = {
  cards: `find "$1" -mindepth 1 -maxdepth 1 -name '.holdfast-host-*.json' -type f -exec sh -c 'printf "%s\\n" "\${1##*/}"; head -c 400000 "$1"; printf "\\0"' sh {} \\;`,
  records: `find "$1" -mindepth 2 -maxdepth 2 -name .holdfast-sets -type f -exec sh -c 'head -c 200000 "$1"; printf "\\0"' sh {} \\;`,
} as const

/** Such files of the archive below a machine's root; undefined while it is not mounted, or a URL. */
function filesIn({ archive }: Host, root: string, kind: keyof typeof FILES): string[] | undefined {
  if (archive.kind === 'url') return undefined
  if (archive.kind === 'mount' && !isMountPoint(mountTable(), join(root, archive.mountPoint))) return undefined
  const folder = join(root, archive.kind === 'folder' ? archive.path : join(archive.mountPoint, archive.folder))
  if (!existsSync(folder)) return undefined
  const options = { encoding: 'utf8', timeout: PATIENCE, maxBuffer: 1 << 28 } as const
  const { status, stdout } = spawnSync('sh', ['-c', `exec ${FILES[kind]}`, kind, folder], options)
  return status === 0 ? stdout.split('\0') : undefined
}

/** When the nightly run of this host begins, by what it owns and by the cards that other hosts left in the archive. */
export function nightlyTime(host: Host, { sites }: Found, root: string): NightlyStart {
  const cards = (filesIn(host, root, 'cards') ?? []).flatMap(file => {
    const [name = '', ...rest] = file.split('\n')
    return hostCardIn(name, rest.join('\n')) ?? []
  })
  const minuteOf = (time: Date): number => time.getHours() * 60 + time.getMinutes()
  return nightlyStart(
    host.name,
    sites.some(({ claims }) => claims.includes(host.name)),
    cards.map(card => ({ host: card.host, owns: card.sites.owned.length > 0, endsAt: minuteOf(new Date(card.time)) })),
  )
}

/** What sites of other hosts need of one that is to replicate them; undefined where the archive cannot be looked at. */
export function declaredNeeds(host: Host, root: string): HostNeeds | undefined {
  const newest = filesIn(host, root, 'records')?.flatMap(text => recordsIn(text).slice(0, 1))
  return newest && neededByAll(newest.flatMap(set => (set.needs && set.host !== host.name ? [set.needs] : [])))
}
