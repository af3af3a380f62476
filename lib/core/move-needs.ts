import type { TreeSize } from './set-record.ts'
import type { SiteNeeds } from './site-needs.ts'

/** What a site needs of the host that it is to move to: also what only its owner knows, on the day of the move. */
export interface MoveNeeds extends SiteNeeds {
  readonly site: string
  /** The version of its database server, as that says it: `10.11.6-MariaDB-0+deb12u1`. */
  readonly databaseVersion: string | undefined
  /** Its own databases and their accounts. */
  readonly databases: readonly { readonly name: string; readonly user: string }[]
  /** Names of the accounts that own its files. */
  readonly users: readonly string[]
  readonly domains: readonly string[]
  /** How large it is; undefined where nobody knows. */
  readonly size: TreeSize | undefined
}
