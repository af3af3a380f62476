import { parseInterval } from '../core/age.ts'
import type { Host } from './schema.ts'

/** From which age on (ms) the newest backup is too old, of a site or of the desktop. */
export function staleAfterOf({ staleAfter, desktop }: Pick<Host, 'staleAfter' | 'desktop'>, isDesktop = false): number {
  return parseInterval(staleAfter ?? (isDesktop ? `${7 + (desktop?.catchUpDays ?? 0)}D` : '2D')) * 1000
}
