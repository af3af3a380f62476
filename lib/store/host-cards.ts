import { z } from 'zod'
import type { HostCard } from '../core/host-card.ts'
import { isHostName } from '../core/marker.ts'
import { printable } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import { isoTime } from '../host/state.ts'
import type { Archive } from './archive.ts'
import { unlessUnusable } from './share-failure.ts'
import { ShareFiles } from './share-files.ts'

/** Begins the name of a host's card at the root of the archive; the host's name and `.json` follow. */
const CARD = '.holdfast-host-'

/** Bytes that are read of a card: whoever can write to the share decides what there is. */
const MOST = 400_000

/** Of a database server with words behind it: `11.8.6-MariaDB-0+deb13u1 from Debian`. */
const version = z.string().regex(/^\d[\w.:+~ -]{0,80}$/)
/** A name that is shown to people. */
const name = z
  .string()
  .max(100)
  .refine(text => printable(text) === text && !text.includes('\n'))
const names = z.array(name).max(5000)
const disk = z.object({
  path: z.string().max(500).transform(printable),
  device: z.string().max(100),
  free: z.number().nonnegative(),
  keepsSize: z.boolean(),
})
const card = z.object({
  time: isoTime,
  holdfast: version,
  php: z.object({ version, extensions: names }).optional(),
  mariadb: z.object({ version }).optional(),
  webServer: z.object({ kind: z.enum(['apache', 'nginx']), version: version.optional(), modules: names }).optional(),
  room: z.object({ files: disk.optional(), database: disk.optional() }),
  users: names,
  addresses: z.array(z.union([z.ipv4(), z.ipv6()])).max(100),
  databases: z.array(z.object({ name, site: name.optional(), user: name.optional() })).max(5000),
  certified: names,
  sites: z.object({ owned: names, replicated: names }),
  lastRun: z.object({ time: isoTime, verdict: z.enum(['well', 'needs attention', 'failed']) }).optional(),
})

/** The folder of an archive in which hosts leave their cards; undefined for one at a URL. */
export const cardFolder = (archive: Archive, shell: Shell): ShareFiles | undefined =>
  archive.kind === 'url' || archive.place === undefined ? undefined : new ShareFiles(archive.place, shell.quick)

const cardOf = (host: string): string => `${CARD}${host}.json`

function hostOf(file: string): string | undefined {
  const host = file.startsWith(CARD) && file.endsWith('.json') ? file.slice(CARD.length, -'.json'.length) : ''
  return isHostName(host) ? host : undefined
}

/**
 * The card of a host; undefined where it has left none. @param files see {@link cardFolder}
 * @throws when it cannot be read, or is not as it should be
 */
export async function readHostCard(files: ShareFiles, host: string): Promise<HostCard | undefined> {
  const text = await files.text(cardOf(host), MOST).catch(unlessUnusable)
  if (text === undefined) return undefined
  const found = hostCardIn(cardOf(host), text)
  if (!found) throw new Error(`the card of ${host} in the archive, ${files.pathOf(cardOf(host))}, is damaged`)
  return found
}

/** The card in a text, of the host that its file is named after; undefined for one that is not as it should be. */
export function hostCardIn(file: string, text: string): HostCard | undefined {
  const host = hostOf(file)
  const { success, data } = card.safeParse(parsed(text))
  return host !== undefined && success ? { host, ...data } : undefined
}

/** Leaves the card of this host in the archive, over the last one. */
export async function writeHostCard(files: ShareFiles, { host, ...fields }: HostCard): Promise<void> {
  const { time, lastRun } = fields
  const iso = (ms: number): string => new Date(ms).toISOString()
  const text = { ...fields, time: iso(time), ...(lastRun && { lastRun: { ...lastRun, time: iso(lastRun.time) } }) }
  await files.write(cardOf(host), `${JSON.stringify(text, undefined, 1)}\n`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
