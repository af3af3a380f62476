import type { FileRef } from '../core/collection.ts'
import { type Epoch, hasFormerOwner, isOfLostEpoch } from '../core/epoch.ts'
import type { SetRecord } from '../core/set-record.ts'

/** What a file of the archive is: a volume, or what stands once beside a set's volumes. */
export type FileRole = 'volume' | 'manifest' | 'signatures' | 'statistics'

type Packing = 'plain' | 'gzip' | 'gpg'

/** What duplicity says in the name of a file. Times in ms since the epoch. */
export interface DuplicityName {
  readonly kind: 'full' | 'incremental'
  readonly role: FileRole
  readonly time: number
  /** Incrementals only: the time of the set that it builds on. */
  readonly baseTime?: number
  readonly volume?: number
  /** A `.part` file: its set is not finished. */
  readonly partial: boolean
  readonly packing: Packing
}

// numbered groups: names for them would take longer than all else
const stamp = '\\d{8}[Tt]\\d{6}[Zz]'
const times = `\\.(?:(${stamp})\\.to\\.)?(${stamp})`
const rest = '(\\.part)?(?:\\..*)?$'
const dataForm = new RegExp(`^duplicity-(full|inc)${times}\\.(?:vol(\\d+)\\.difftar|(manifest|jsonstat))${rest}`, 's')
const signaturesForm = new RegExp(`^duplicity-(full|new)-signatures${times}\\.()(sigtar)${rest}`, 's')

/**
 * What a file name of duplicity 0.8 or 3.x says, or undefined when it is not duplicity's (file_naming.py). As duplicity
 * does, it takes `.gz.old` for the file itself. Neither version writes short or old file names by default.
 */
export const parseName = (name: string, prefix = ''): DuplicityName | undefined =>
  name.startsWith(prefix) ? parseOwn(name.slice(prefix.length)) : undefined

/** `20260131T030000Z` in ms since the epoch; undefined when it is no such time. */
function parseStamp(text: string): number | undefined {
  const two = (at: number): number => 10 * text.charCodeAt(at) + text.charCodeAt(at + 1) - 11 * ZERO
  const [year, month, day] = [100 * two(0) + two(2), two(4), two(6)]
  const [hour, minute, second] = [two(9), two(11), two(13)]
  if (year <= 1900 || year >= 2100 || month < 1 || month > 12 || day < 1 || day > 31) return undefined
  if (hour > 23 || minute > 59 || second > 61) return undefined
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

const ZERO = '0'.charCodeAt(0)

const ROLES: Readonly<Record<string, FileRole>> = { manifest: 'manifest', jsonstat: 'statistics', sigtar: 'signatures' }

function parseOwn(own: string): DuplicityName | undefined {
  const found = dataForm.exec(own) ?? signaturesForm.exec(own)
  if (!found) return undefined
  const [, kind, base, time, volume, other, partial] = found
  if ((kind === 'full') !== (base === undefined)) return undefined
  const parts: { -readonly [Name in keyof DuplicityName]: DuplicityName[Name] | undefined } = {
    kind: kind === 'full' ? 'full' : 'incremental',
    role: volume ? 'volume' : ROLES[other!],
    time: parseStamp(time!),
    partial: partial !== undefined,
    packing: packingOf(own),
  }
  if (base !== undefined) parts.baseTime = parseStamp(base)
  if (volume) parts.volume = Number(volume)
  const isOne = parts.time !== undefined && (base === undefined || parts.baseTime !== undefined) && parts.volume !== 0
  return isOne ? (parts as DuplicityName) : undefined
}

function packingOf(name: string): Packing {
  if (name.endsWith('.gpg')) return 'gpg'
  return name.endsWith('.gz') ? 'gzip' : 'plain'
}

/** A time as duplicity writes it in names and in `collection-status`: `20260131T030000Z`. */
export const formatStamp = (time: number): string => `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`

const endings: Record<Packing, string> = { plain: '', gzip: '.gz', gpg: '.gpg' }

/** The inverse of {@link parseName}: the name that duplicity gives to such a file. */
export function formatName(parts: DuplicityName, prefix = ''): string {
  const when =
    parts.baseTime === undefined ? formatStamp(parts.time) : `${formatStamp(parts.baseTime)}.to.${formatStamp(parts.time)}`
  return `${prefix}duplicity-${stem(parts)}.${when}.${middle(parts)}${parts.partial ? '.part' : ''}${endings[parts.packing]}`
}

function stem({ kind, role }: DuplicityName): string {
  if (role === 'signatures') return kind === 'full' ? 'full-signatures' : 'new-signatures'
  return kind === 'full' ? 'full' : 'inc'
}

function middle({ role, volume }: DuplicityName): string {
  if (role === 'volume') return `vol${volume ?? 1}.difftar`
  return { manifest: 'manifest', signatures: 'sigtar', statistics: 'jsonstat' }[role]
}

/** Duplicity's files that are dated after a time (ms since the epoch), by their names. */
export function datedAfter<File extends Pick<FileRef, 'name'>>(
  files: readonly File[],
  time: number,
  prefix: string,
): readonly File[] {
  return files.filter(({ name }) => (parseName(name, prefix)?.time ?? Number.NEGATIVE_INFINITY) > time)
}

/**
 * Files of sets that a host added after it had lost the site. What nobody wrote down of a set is as of the full set of
 * its chain: a host that comes back, or whose run was cut off, says nothing of it. @param files all of the archive
 */
export function filesOfLostEpochs(
  files: readonly FileRef[],
  epoch: Epoch | undefined,
  records: readonly SetRecord[],
  prefix = '',
): readonly FileRef[] {
  if (!hasFormerOwner(epoch)) return []
  const named = files.flatMap(ref => {
    const parts = parseName(ref.name, prefix)
    return parts ? [{ ref, parts }] : []
  })
  const baseOf = new Map(named.flatMap(({ parts }) => (parts.baseTime === undefined ? [] : [[parts.time, parts.baseTime]])))
  const chainBegan = ({ time, baseTime }: DuplicityName): number => {
    let began = baseTime ?? time
    // each base is older, or the names are nonsense
    for (let base = baseOf.get(began); base !== undefined && base < began; base = baseOf.get(began)) began = base
    return began
  }
  const recordOf = new Map(records.map(record => [record.time, record]))
  const isLost = ({ parts: { time, ...parts } }: { parts: DuplicityName }): boolean => {
    const began = chainBegan({ time, ...parts })
    return isOfLostEpoch({ time, chainBegan: began, by: recordOf.get(time) ?? recordOf.get(began) }, epoch)
  }
  return named.filter(isLost).map(({ ref }) => ref)
}
