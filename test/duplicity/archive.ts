import type { FileRef } from '../../lib/core/collection.ts'
import { type DuplicityName, formatName } from '../../lib/duplicity/names.ts'

/** Midnight after `day` days of 2026, UTC. */
export const at = (day: number): number => Date.UTC(2026, 0, 1 + day)

/** What to list of one set: its day, the day that it builds on, and which of its files there are. */
export interface SetSketch {
  readonly day: number
  readonly base?: number
  readonly volumes?: readonly number[]
  readonly volumeBytes?: number
  readonly manifest?: boolean
  readonly signatures?: boolean
  readonly jsonstat?: boolean
  readonly packing?: DuplicityName['packing']
}

/** The files of one set, as duplicity names them; whole, with one volume of 100 bytes, unless the sketch says otherwise. */
export function filesOfSet(sketch: SetSketch, prefix = ''): FileRef[] {
  const {
    day,
    base,
    volumes = [1],
    volumeBytes = 100,
    manifest = true,
    signatures = true,
    jsonstat = false,
    packing = 'gzip',
  } = sketch
  const kind = base === undefined ? 'full' : 'incremental'
  const common = { kind, time: at(day), ...(base !== undefined && { baseTime: at(base) }), partial: false, packing } as const
  const file = (parts: Pick<DuplicityName, 'role' | 'volume'>, bytes: number) => ({
    name: formatName({ ...common, ...parts }, prefix),
    bytes,
  })
  return [
    ...volumes.map(volume => file({ role: 'volume', volume }, volumeBytes)),
    ...(manifest ? [file({ role: 'manifest' }, 3)] : []),
    ...(signatures ? [file({ role: 'signatures' }, 7)] : []),
    ...(jsonstat ? [file({ role: 'statistics' }, 1)] : []),
  ]
}

/** A listing of several sets. */
export const listing = (...sketches: SetSketch[]): FileRef[] => sketches.flatMap(sketch => filesOfSet(sketch))

/** The sketches of a chain: a full on `day`, then `incrementals` days of incrementals. */
export function chainSketch(day: number, incrementals: number, full: Partial<SetSketch> = {}): SetSketch[] {
  const added = Array.from({ length: incrementals }, (_, index) => ({ day: day + index + 1, base: day + index }))
  return [{ ...full, day }, ...added]
}
