import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { addToHistory, lineOfPoint, pointOfLine, type SizePoint } from '../core/size-history.ts'
import type { Host } from '../inventory/schema.ts'
import { writeWhole } from './whole-file.ts'

/** The file of a site's sizes over time: a line of JSON a day, for a person's own tools too. */
export const historyFile = (host: Pick<Host, 'paths'>, site: string): string =>
  join(host.paths.state, 'history', `${encodeURIComponent(site)}.jsonl`)

/**
 * How large a site's archive was at the end of each night, oldest first. Empty where nothing was kept or nobody may
 * read it; damaged lines are passed over.
 */
export function readHistory(host: Pick<Host, 'paths'>, site: string): readonly SizePoint[] {
  try {
    const lines = readFileSync(historyFile(host, site), 'utf8').split('\n')
    return lines
      .map(pointOfLine)
      .filter(point => point !== undefined)
      .toSorted((a, b) => a.at - b.at)
  } catch {
    return []
  }
}

/** Adds a day to a site's history, whole or not at all. @throws when it cannot be written */
export function recordSize(host: Pick<Host, 'paths'>, site: string, point: SizePoint): void {
  const history = addToHistory(readHistory(host, site), point)
  writeWhole(historyFile(host, site), history.map(each => `${lineOfPoint(each)}\n`).join(''))
}
