import type { Shell } from '../engine/shell.ts'
import type { Host } from '../inventory/schema.ts'
import type { Secrets } from '../inventory/secrets.ts'

/** What it takes to work on a restore, in one word. */
export interface HostContext {
  readonly host: Host
  readonly secrets: Secrets
  readonly shell: Shell
}
