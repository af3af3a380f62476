import { z } from 'zod'
import { intervalSeconds } from '../core/age.ts'

const WANTED = 'wanted seconds, such as 90, or an interval, such as 30m, 12h or 2D'

/** How long something may take: seconds, or an interval as people write it. Seconds once it is read. */
export const duration = z
  .union([z.number(), z.string()], WANTED)
  .transform((given, context) => {
    const seconds = typeof given === 'number' ? given : intervalSeconds(given)
    if (seconds !== undefined && seconds > 0) return seconds
    context.addIssue({ code: 'custom', message: WANTED, input: given })
    return z.NEVER
  })
  .meta({ exclusiveMinimum: 0 })

/** After how long what does not end is ended. No wait of a run is without a deadline. */
export const deadlines = z
  .strictObject({
    look: duration
      .prefault('60s')
      .describe('For each look that takes moments unless a disk or a server is dead: a listing, free space, a small file'),
    request: duration.prefault('30s').describe('For a whole answer of a site over HTTP, however slowly it comes'),
    query: duration.prefault('30m').describe('For statements to the database server, other than those of a dump'),
    dump: duration.prefault('2h').describe("For the whole dump of a site's database"),
    import: duration.prefault('1h').describe('For an import of a dump without any progress: one statement can take long'),
    duplicity: duration.prefault('30m').describe('For duplicity without any progress: a whole backup can take days'),
    idle: duration.prefault('10m').describe('For any other program without any progress'),
    site: duration
      .prefault('12h')
      .describe('For all that a run does for one site, which then fails, and the next one is begun; not for a desktop'),
  })
  .describe('How long something may take before it is ended: seconds, or an interval such as 30m')

/** How long a restore drill may take. */
export const drillTime = z
  .union([z.literal(0), duration])
  .prefault('10m')
  .describe('How long a night may take to restore a backup of one site into a sandbox, another one each night; 0 for none')
