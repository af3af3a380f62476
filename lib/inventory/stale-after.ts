import { parseInterval } from '../core/age.ts'
import type { Host } from './schema.ts'

/**
 * From which age on the newest backup is too old, in ms: of a site, or of the desktop, which backs up once a week and
 * makes up for a missed day.
 */
export function staleAfterOf({ staleAfter, desktop }: Pick<Host, 'staleAfter' | 'desktop'>, isDesktop = false): number {
  return parseInterval(staleAfter ?? (isDesktop ? `${7 + (desktop?.catchUpDays ?? 0)}D` : '2D')) * 1000
}
