import { z } from 'zod'
import { memoryOfSites } from '../host/state.ts'

const mode = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open') }),
  z.object({ kind: z.literal('frozen') }),
  z.object({ kind: z.literal('copy'), main: z.url() }),
  z.object({ kind: z.literal('forward'), to: z.url() }),
])

/** Reads a mode that was written down; undefined for what is none. */
export const parseMode = (value: unknown) => mode.safeParse(value).data

/** What this host remembers of a site's mode: the web server's files say which one it is, this what is to be undone. */
export const modeRecords = memoryOfSites(
  'site-modes',
  z.object({
    mode,
    /** What became of it; undefined as long as it is being set. */
    change: z.object({ guarded: z.boolean(), why: z.string().exactOptional(), isOpen: z.boolean().exactOptional() }).optional(),
    /** Since when DNS sends nobody here who would be forwarded, as far as it was looked at; ms since the epoch. */
    leftSince: z.number().optional(),
    /** Its accounts may only read. */
    readOnly: z.boolean().optional(),
    /** Rights that were taken from accounts, as statements that give them back. */
    rights: z.array(z.string()).readonly(),
  }),
)
