import { spawnSync } from 'node:child_process'
import { type NightlyStart, nightlyStart } from '../core/stagger.ts'
import type { Host } from '../inventory/schema.ts'
import { hostCardIn } from '../store/host-cards.ts'
import { archiveFolder, PATIENCE } from './archive-folder.ts'
import type { Found } from './find.ts'

/** Prints the cards of hosts, each with its file's name in front and a NUL behind. No link is followed. */
const CARDS = `exec find "$1" -mindepth 1 -maxdepth 1 -name '.holdfast-host-*.json' -type f -exec sh -c 'printf "%s\\n" "\${1##*/}"; head -c 400000 "$1"; printf "\\0"' sh {} \\;`

/** When the nightly run of this host begins, by what it owns and by the cards that other hosts left in the archive. */
export function nightlyTime(host: Host, { sites }: Found, root: string): NightlyStart {
  const owns = sites.some(({ claims }) => claims.includes(host.name))
  const others = cardsIn(archiveFolder(host, root)).map(card => ({
    host: card.host,
    owns: card.sites.owned.length > 0,
    endsAt: minuteOf(new Date(card.time)),
  }))
  return nightlyStart(host.name, owns, others)
}

const minuteOf = (time: Date): number => time.getHours() * 60 + time.getMinutes()

function cardsIn(folder: string | undefined) {
  if (folder === undefined) return []
  const options = { encoding: 'utf8', timeout: PATIENCE, maxBuffer: 1 << 28 } as const
  const { status, stdout } = spawnSync('sh', ['-c', CARDS, 'cards', folder], options)
  if (status !== 0) return []
  return stdout.split('\0').flatMap(text => {
    const [name = '', ...rest] = text.split('\n')
    return hostCardIn(name, rest.join('\n')) ?? []
  })
}
