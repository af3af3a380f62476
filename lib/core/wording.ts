/** A number of things: `1 chain`, `2 chains`. */
export const counted = (count: number, thing: string, things = `${thing}s`): string => `${count} ${count === 1 ? thing : things}`

/** The first of a list that may be long, in one line, and how many more there are. */
export const listed = (items: readonly string[], most = 3, separator = '; '): string =>
  [...items.slice(0, most), ...(items.length > most ? [`${items.length - most} more`] : [])].join(separator)

/** The error that came first, where what it left could not be closed either (`using`). */
export const firstError = (error: unknown): unknown => (error instanceof SuppressedError ? firstError(error.suppressed) : error)

export function messageOf(error: unknown): string {
  const first = firstError(error)
  return first instanceof Error ? first.message : String(first)
}

/** Sequences by which a text colours a terminal, moves its cursor or sets its title (ECMA-48). */
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g
/** What moves a cursor, begins a line anywhere, or turns the direction of a text; not line feed or tab. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** A text without colours, with `?` for what could hide or forge something: sites are not trusted (S41). */
export const printable = (text: string): string => text.replaceAll('\r\n', '\n').replace(ESCAPES, '').replace(CONTROLS, '?')

export function printableIn<Value>(value: Value, clean: (text: string) => string = printable): Value {
  if (typeof value === 'string') return clean(value) as Value
  if (Array.isArray(value)) return value.map(each => printableIn(each, clean)) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, printableIn(each, clean)])) as Value
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']

/** A size for people, to three digits: `512 bytes`, `1.20 GB`, `34.5 MB`, `340 MB`; `? MB` when it is not known. */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return '? MB'
  if (bytes < 0) return `-${formatBytes(-bytes)}`
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const value = bytes / 1000 ** step
  const decimals = step === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(decimals)} ${units[step]}`
}

/** What is free and what is required, as every check of disk space says it: `84.8 GB free, 1.00 GB required`. */
export const spaceText = (free: number, required: number): string =>
  `${formatBytes(free)} free, ${formatBytes(required)} required`

/** What the kernel's errors (errno(3)) say of a disk. */
const TROUBLE: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk quota is used up',
  EROFS: 'its disk is read-only',
  EIO: 'its disk gives errors',
}

/** What is wrong with the disk, where that is why something failed: by the error's own code, or that of its cause. */
export function diskTrouble(thrown: unknown): string | undefined {
  const error = firstError(thrown)
  if (!(error instanceof Error)) return undefined
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && Object.hasOwn(TROUBLE, code)) return `${TROUBLE[code]} (${code})`
  return diskTrouble(error.cause)
}

/** The error of a path that could not be written: of a full disk the kernel's own says only `write`. */
export const cannotWrite = (path: string, error: unknown): Error =>
  new Error(`${path} cannot be written: ${diskTrouble(error) ?? messageOf(error)}`, { cause: error })
