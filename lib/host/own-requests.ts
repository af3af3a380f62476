import { createHmac, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { KEY_HEADER } from '../core/site-mode.ts'
import type { Host } from '../inventory/schema.ts'
import { readState, writeState } from './state.ts'

const STATE = 'own-requests'
const secret = z.object({ secret: z.string().min(32) })

/**
 * The word by which a site's web server knows this host's own requests: they reach the site while nobody else does. A
 * site sees its own word and learns nothing of another's. Undefined before {@link makeKeys}.
 */
export function keyOf(host: Pick<Host, 'paths'>, site: string): string | undefined {
  const known = readState(host, STATE, secret)?.secret
  return known === undefined ? undefined : createHmac('sha256', known).update(site).digest('hex')
}

/** Makes what the words are made from, unless it is there. */
export function makeKeys(host: Pick<Host, 'paths'>): void {
  if (readState(host, STATE, secret) === undefined) writeState(host, STATE, { secret: randomBytes(32).toString('hex') })
}

/** Headers of this host's own requests to a site; none where no site has ever had another mode than open. */
export function ownRequest(host: Pick<Host, 'paths'>, site: string): Record<string, string> {
  const key = keyOf(host, site)
  return key === undefined ? {} : { [KEY_HEADER]: key }
}
