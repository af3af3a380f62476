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

const FORMS = [
  { begin: 'duplicity-inc.', kind: 'incremental', isData: true },
  { begin: 'duplicity-new-signatures.', kind: 'incremental', isData: false },
  { begin: 'duplicity-full.', kind: 'full', isData: true },
  { begin: 'duplicity-full-signatures.', kind: 'full', isData: false },
] as const

type Parts = { -readonly [Name in keyof DuplicityName]: DuplicityName[Name] }

/**
 * What a file name of duplicity 0.8 or 3.x says, or undefined when it is not duplicity's (file_naming.py). As duplicity
 * does, it takes `.gz.old` for the file itself. Neither version writes short or old file names by default.
 */
export function parseName(name: string, prefix = ''): DuplicityName | undefined {
  // without a regular expression, whose answers would be most of the garbage of a look at many sites
  if (!name.startsWith(prefix)) return undefined
  for (const { begin, kind, isData } of FORMS) {
    if (!name.startsWith(begin, prefix.length)) continue
    const at = prefix.length + begin.length
    if (kind === 'full') return parseFrom(name, at, isData)
    const baseTime = name.startsWith(TO, at + STAMP) ? stampAt(name, at) : undefined
    return baseTime === undefined ? undefined : parseFrom(name, at + STAMP + TO.length, isData, baseTime)
  }
  return undefined
}

const TO = '.to.'
/** The length of `20260131T030000Z`. */
const STAMP = 16

/** What a name says from its own time on. */
function parseFrom(name: string, from: number, isData: boolean, baseTime?: number): DuplicityName | undefined {
  const time = stampAt(name, from)
  const volume = isData && name.startsWith('.vol', from + STAMP) ? numberAt(name, from + STAMP + 4) : undefined
  const end = volume === undefined ? from + STAMP : name.indexOf('.', from + STAMP + 4)
  const [text, role] =
    (volume === undefined ? (isData ? DATA : SIGNATURES) : VOLUME).find(([each]) => name.startsWith(each, end)) ?? NONE
  const after = end + text.length
  if (time === undefined || role === undefined || volume === 0 || !isEnd(name, after)) return undefined
  const partial = name.startsWith(PART, after) && isEnd(name, after + PART.length)
  const parts: Parts = { kind: baseTime === undefined ? 'full' : 'incremental', role, time, partial, packing: packingOf(name) }
  if (baseTime !== undefined) parts.baseTime = baseTime
  if (volume !== undefined) parts.volume = volume
  return parts
}

type Ends = readonly (readonly [text: string, role?: FileRole])[]
const VOLUME: Ends = [['.difftar', 'volume']]
const DATA: Ends = [
  ['.manifest', 'manifest'],
  ['.jsonstat', 'statistics'],
]
const SIGNATURES: Ends = [['.sigtar', 'signatures']]
const NONE: Ends[number] = ['']
const PART = '.part'

const [ZERO, DOT] = ['0'.charCodeAt(0), '.'.charCodeAt(0)]
/** Whether a name ends there, or has a further ending. */
const isEnd = (name: string, at: number): boolean => at === name.length || name.charCodeAt(at) === DOT

/** NaN where there is none. */
function digitAt(name: string, at: number): number {
  const digit = name.charCodeAt(at) - ZERO
  return digit >= 0 && digit <= 9 ? digit : Number.NaN
}
const twoAt = (name: string, at: number): number => 10 * digitAt(name, at) + digitAt(name, at + 1)

/** A number of any length before a dot; 0 for none. */
function numberAt(name: string, from: number): number {
  let number = 0
  for (let at = from; at < name.length && name.charCodeAt(at) !== DOT; at++) number = 10 * number + digitAt(name, at)
  return number > 0 ? number : 0
}

/** `20260131T030000Z` at this place, in ms since the epoch; undefined when it is no such time. */
function stampAt(name: string, at: number): number | undefined {
  const year = 100 * twoAt(name, at) + twoAt(name, at + 2)
  const month = twoAt(name, at + 4)
  const day = twoAt(name, at + 6)
  const hour = twoAt(name, at + 9)
  const minute = twoAt(name, at + 11)
  const second = twoAt(name, at + 13)
  if (!(year > 1900 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return undefined
  if (!(hour <= 23 && minute <= 59 && second <= 61 && isLetter(name, at + 8, T) && isLetter(name, at + 15, Z))) return undefined
  return startOf(12 * year + month - 1) + (((day - 1) * 24 + hour) * 3600 + minute * 60 + second) * 1000
}

const [T, Z] = ['t'.charCodeAt(0), 'z'.charCodeAt(0)]
/** Whether it is this small letter, or the capital one. */
const isLetter = (name: string, at: number, letter: number): boolean => (name.charCodeAt(at) | 32) === letter

/** The month that was asked for last, in months of the year 0: what is read next is nearly always of it too. */
let last = { month: 0, start: 0 }

function startOf(month: number): number {
  if (last.month !== month) last = { month, start: Date.UTC(Math.floor(month / 12), month % 12) }
  return last.start
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
