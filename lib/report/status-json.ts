import { z } from 'zod'

const time = z.iso.datetime().describe('ISO 8601, UTC')
const bytes = z.number().nullable().describe('null where nobody knows: an archive at a URL')
const sentences = z.array(z.string())

const set = z.strictObject({
  kind: z.enum(['full', 'incremental']),
  time,
  bytes,
  volumes: z.number(),
  restorable: z.boolean().describe('As far as a listing tells; the audit reads the volumes'),
  problems: sentences,
})

const chain = z.strictObject({ primary: z.boolean(), from: time, to: time, bytes, sets: z.array(set) })

const next = z.strictObject({
  action: z.enum(['none', 'cleanup', 'strip-incrementals', 'remove-chain']),
  reason: z.string(),
  freesBytes: bytes,
  night: z.string().describe('All that the next nightly run does for the site, in a few words, as the mail says it'),
  considered: z
    .array(z.strictObject({ action: z.string(), applies: z.boolean(), reason: z.string() }))
    .describe('Every action that was looked at, in order, and why it applies or not'),
})

const verdict = z
  .enum(['well', 'needs attention', 'failed'])
  .describe(
    'As the nightly run says it; failed: no recent backup, or the last run failed; needs attention: all else that a person has to see to',
  )

const site = z.strictObject({
  name: z.string(),
  role: z
    .string()
    .describe(
      'primary, replica, new replica, incoming, unmanaged, conflict, ambiguous or unfinished; desktop for the machine itself',
    ),
  owner: z.string().nullable(),
  ok: z.boolean().describe('It is well'),
  verdict,
  since: time.nullable().describe('Since when it is not well, where a run has told it'),
  problems: sentences.describe('These make the exit code 1'),
  warnings: sentences,
  newestBackup: time.nullable().describe('The newest that restores, as far as a listing tells'),
  newestAgeSeconds: z.number().nullable(),
  oldestBackup: time.nullable().describe('How far back one can go'),
  restorePoints: z.number(),
  bytes,
  allowanceBytes: z.number(),
  fullEverySeconds: z.number(),
  allReadSince: time
    .nullable()
    .describe(
      'Since when all that it has in the archive was read again; null where not all was yet, or this host is not the owner',
    ),
  replayed: time.nullable().describe('The set that the replica here was made from'),
  chains: z.array(chain).describe('Oldest first'),
  next: next.nullable().describe('What pruning would do in the next run; null where this host is not the owner'),
})

/**
 * What `tasks/status.ts --json` prints. Fields are added, never renamed or removed, as long as `version` is 1. All
 * sizes are bytes, all times ISO 8601 in UTC. A monitor needs only the exit code: 0 when `ok`, 1 when not (a problem of
 * a site, of the archive, or a look that failed), 2 for bad input.
 */
export const statusSchema = z.strictObject({
  version: z.literal(1),
  host: z.string(),
  at: time,
  ok: z.boolean(),
  verdict,
  problems: sentences.describe('Of the archive as a whole, what could not be looked at, and what the last run failed in'),
  archive: z.strictObject({
    freeBytes: bytes,
    fullBackups: z.boolean().describe('There is room for a full backup'),
    reason: z.string(),
  }),
  sites: z.array(site),
})

export type StatusJson = z.infer<typeof statusSchema>
export type SiteJson = StatusJson['sites'][number]
