import { join } from 'node:path'
import type { Damages } from '../core/audit.ts'
import { readState, writeState } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'

/** What this host remembers of the volumes of a site that it has read. */
export interface AuditRecord {
  /** When each volume was last read and found to be what its manifest says (ms since the epoch). */
  readonly read: Readonly<Record<string, number>>
  readonly damages: Damages
}

const stateOf = (site: string): string => join('audit', encodeURIComponent(site))

export function readAudit(host: Host, site: string): AuditRecord {
  return readState<AuditRecord>(host, stateOf(site)) ?? { read: {}, damages: {} }
}

export function writeAudit(host: Host, site: string, record: AuditRecord): void {
  writeState(host, stateOf(site), record)
}
