import type { SiteStatus } from '../report/status.ts'
import type { FreeSpace } from '../store/archive.ts'

/** A look at everything that changes nothing: how it is made, and what it has found so far. */
export interface Look {
  readonly look: {
    /** The archive is there already: no VPN, no mount, no unmount. */
    readonly mounted: boolean
    readonly sites: SiteStatus[]
    freeSpace: FreeSpace | undefined
  }
}

/** A look that has found nothing yet. */
export const newLook = (mounted: boolean): Look => ({ look: { mounted, sites: [], freeSpace: undefined } })
