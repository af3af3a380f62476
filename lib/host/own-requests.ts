import { createHmac, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { KEY_HEADER } from '../core/site-mode.ts'
import type { Host } from '../inventory/schema.ts'
import { readState, writeState } from './state.ts'

const STATE = 'own-requests'
const secret = z.object({ secret: z.string().min(32) })

/**
 * The word by which a site's web server knows this host's own requests: they reach the site while nobody else does. A
 * site sees its own word and learns nothing of another's.
 */
export function keyOf(host: Pick<Host, 'paths'>, site: string): string {
  let known = readState(host, STATE, secret)?.secret
  if (known === undefined) {
    known = randomBytes(32).toString('hex')
    writeState(host, STATE, { secret: known })
  }
  return createHmac('sha256', known).update(site).digest('hex')
}

/** Headers of this host's own requests to a site; none where no site has ever had another mode than open. */
export const ownRequest = (host: Pick<Host, 'paths'>, site: string): Record<string, string> =>
  readState(host, STATE, secret) === undefined ? {} : { [KEY_HEADER]: keyOf(host, site) }
