import type { KnownFile, KnownFiles } from './audit.ts'
import type { FileRef } from './collection.ts'
import { printTime } from './restore-point.ts'
import { counted, listed } from './wording.ts'

/** One line of the history beside a site's sets: files of finished sets, and names to be removed on purpose. */
export interface Seal {
  /** The hash of the line before; empty in the first. */
  readonly before: string
  /** Ms since the epoch. */
  readonly time: number
  readonly host: string
  /** Volumes with their sizes. What is put back from a copy is packed anew: manifests and signatures have none. */
  readonly add: KnownFiles
  readonly removed: readonly string[]
}

export type Hash = (text: string) => string

/** A history, as far as each line follows from the one before; and which does not, and why. */
interface History {
  readonly seals: readonly Seal[]
  readonly wrong?: string
}

/** Reads a history. Anybody who can write to the archive may have written it. */
export function readHistory(text: string, hash: Hash): History {
  const lines = text.split('\n')
  const seals: Seal[] = []
  for (const [at, line] of lines.slice(0, -1).entries()) {
    const seal = sealOf(line)
    if (!seal) return { seals, wrong: `line ${at + 1} cannot be read` }
    if (seal.before !== (at === 0 ? '' : hash(lines[at - 1]!)))
      return { seals, wrong: `line ${at + 1} does not follow from the one before` }
    seals.push(seal)
  }
  return lines.at(-1) === '' ? { seals } : { seals, wrong: `line ${lines.length} is cut off` }
}

export function nextLine(history: string, { time, host, add, removed }: Omit<Seal, 'before'>, hash: Hash): string {
  const last = history.split('\n').at(-2)
  const before = last === undefined ? '' : hash(last)
  return `${JSON.stringify({ before, time: new Date(time).toISOString(), host, add, removed })}\n`
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isHash = (value: unknown): boolean => value === undefined || (typeof value === 'string' && /^[0-9a-f]{40,64}$/.test(value))
const isCount = (value: unknown): boolean => value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0)
const isKnownFile = (value: unknown): value is KnownFile =>
  isObject(value) && isCount(value.bytes) && isHash(value.sha1) && isHash(value.sha256)

function sealOf(line: string): Seal | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isObject(value)) return undefined
  const { before, host, add, removed } = value
  const time = typeof value.time === 'string' ? Date.parse(value.time) : Number.NaN
  if (typeof before !== 'string' || typeof host !== 'string' || Number.isNaN(time)) return undefined
  if (!isObject(add) || !Object.values(add).every(isKnownFile)) return undefined
  if (!Array.isArray(removed) || !removed.every(name => typeof name === 'string')) return undefined
  return { before, time, host, add: add as KnownFiles, removed }
}

/** The files that must be there: what was sealed first of each counts, until it was removed. */
export function sealedFiles(seals: readonly Seal[]): ReadonlyMap<string, KnownFile> {
  const files = new Map<string, KnownFile>()
  for (const { add, removed } of seals) {
    for (const name of removed) files.delete(name)
    for (const [name, file] of Object.entries(add)) if (!files.has(name)) files.set(name, file)
  }
  return files
}

/** A history as a host saw it last, and as it is now. Undefined where there is none. */
export interface Histories {
  readonly seen: string | undefined
  readonly there: string | undefined
  /** A line that this host was about to write when it was stopped, if it was. */
  readonly pending: string | undefined
  /** This host's name, and whether the site is its own: then nobody else writes. */
  readonly host: string
  readonly isOwner: boolean
}

export interface Compared {
  readonly history: string
  readonly wrong?: string
}

/**
 * What a host saw must be the beginning of what is there now, and each line must follow from the one before; what its
 * owner did not write, nobody did. A damaged history that was seen is one that a person accepted: a new one may begin.
 */
export function compareHistories(histories: Histories, hash: Hash): Compared {
  const { seen, there } = histories
  const known = readHistory(seen ?? '', hash)
  const history = known.wrong === undefined ? (seen ?? '') : ''
  if (there === seen) return { history }
  if (there === undefined) return { history, wrong: 'is gone' }
  if (!there.startsWith(history)) return { history, wrong: `was changed or cut back: ${firstDifference(history, there)}` }
  const found = readHistory(there, hash)
  const wrong = found.wrong ?? (history === '' ? undefined : unexpectedLine(known.seals, found.seals, there, histories))
  return wrong === undefined ? { history: there } : { history, wrong }
}

function firstDifference(seen: string, there: string): string {
  const [was, is] = [seen.split('\n'), there.split('\n')]
  const at = was.findIndex((line, index) => line !== is[index])
  return `this host saw ${counted(was.length - 1, 'line')}, and line ${at + 1} is another`
}

function unexpectedLine(
  seen: readonly Seal[],
  found: readonly Seal[],
  there: string,
  { pending, host, isOwner }: Histories,
): string | undefined {
  const lines = there.split('\n')
  const isAlone = isOwner && seen.at(-1)?.host === host
  const at = found.findIndex(
    (seal, index) => index >= seen.length && (isAlone || seal.host === host) && `${lines[index]}\n` !== pending,
  )
  const line = found[at]
  return line && `has a line of ${printTime(line.time)}, in the name of ${line.host}, that this host did not write`
}

/** Sealed files that are gone, or have another size. Known damage is reported apart. */
export function lackingFiles(
  sealed: ReadonlyMap<string, KnownFile>,
  { files, damages = [] }: { readonly files: readonly FileRef[]; readonly damages?: readonly { readonly file: string }[] },
): { readonly gone: readonly string[]; readonly changed: readonly string[] } {
  const there = new Map(files.map(({ name, bytes }) => [name, bytes]))
  const told = new Set(damages.map(({ file }) => file))
  const rest = [...sealed].filter(([name]) => !told.has(name))
  const isOther = (bytes: number | undefined, found: number | undefined): boolean =>
    bytes !== undefined && found !== undefined && bytes !== found
  return {
    gone: rest.filter(([name]) => !there.has(name)).map(([name]) => name),
    changed: rest.filter(([name, { bytes }]) => isOther(bytes, there.get(name))).map(([name]) => name),
  }
}

/** What is wrong with a history and the files that it seals. */
export function sealAlarms(wrong: string | undefined, { gone, changed }: ReturnType<typeof lackingFiles>): readonly string[] {
  return [
    ...(wrong === undefined ? [] : [`the history of its sets ${wrong}`]),
    ...(gone.length === 0 ? [] : [`${counted(gone.length, 'file')} gone that nobody was to remove: ${listed(gone)}`]),
    ...(changed.length === 0 ? [] : [`${counted(changed.length, 'file')} of another size than was written: ${listed(changed)}`]),
  ]
}
