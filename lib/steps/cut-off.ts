import { type Collection, setsOf } from '../core/collection.ts'
import { type SetRecord, withRecords } from '../core/set-record.ts'
import type { Shell } from '../engine/shell.ts'
import { rememberOrTell } from '../host/state.ts'
import { readSetRecords, recordSet } from '../store/set-records.ts'
import type { SiteArchive } from './check-mount.ts'
import type { Needs } from './facts.ts'
import { readRecord, updateRecord } from './site-record.ts'

type Place = Needs<'host' | 'site'> & { readonly siteArchive: SiteArchive }

/** The collection with what this host, or the file beside the sets, knows of those that were cut off. */
export async function withCutOffs(collection: Collection, place: Place, shell: Shell): Promise<Collection> {
  const { host, site, siteArchive } = place
  return withRecords(collection, [
    ...(await readSetRecords(siteArchive, shell)),
    ...ownRecords(readRecord(host, site.name).cutOff),
  ])
}

const ownRecords = (times: readonly number[] = []): SetRecord[] => times.map(time => ({ time, cutOff: true }))

/**
 * Writes down that a set holds only a part of the tree, before it counts as finished: whoever restores must not take it for a backup.
 * @throws when that is not in the archive
 */
export async function markCutOff(time: number, collection: Collection, place: Place, shell: Shell): Promise<void> {
  const { host, site, siteArchive } = place
  await recordSet(siteArchive, time, { host: host.name, cutOff: true }, shell)
  const known = await readSetRecords(siteArchive, shell)
  if (!known.some(record => record.time === time && record.cutOff))
    throw new Error(`that the set holds only a part cannot be written down beside it, in ${siteArchive.folder}`)
  const present = new Set(collection.chains.flatMap(setsOf).map(set => set.time))
  const before = (readRecord(host, site.name).cutOff ?? []).filter(each => present.has(each) && each !== time)
  rememberOrTell(shell, 'that a set holds only a part is known to its archive alone', () =>
    updateRecord(host, site.name, { cutOff: [...before, time] }),
  )
}

/** Writes down again what this host knows and the archive no longer does: its file of records may be lost, and replicas go by that. */
export async function markAgain(collection: Collection, place: Place, shell: Shell): Promise<void> {
  const own = readRecord(place.host, place.site.name).cutOff ?? []
  const missing = collection.chains.flatMap(setsOf).filter(set => own.includes(set.time))
  if (missing.length === 0) return
  const known = await readSetRecords(place.siteArchive, shell)
  for (const { time } of missing)
    if (!known.some(record => record.time === time && record.cutOff))
      await recordSet(place.siteArchive, time, { host: place.host.name, cutOff: true }, shell)
}
