import type { CommandLimits } from '../engine/limits.ts'
import type { Host } from '../inventory/schema.ts'

type Limited = Pick<Host, 'deadlines'>

/** For statements of an administrator. */
export const queryLimits = ({ deadlines }: Limited): CommandLimits => ({ timeout: deadlines.query })

/**
 * For a dump. The program has no option for a server that takes a connection and says nothing: until something comes it
 * has no longer than a look.
 */
export const dumpLimits = ({ deadlines }: Limited, hasBegun: () => boolean): CommandLimits => ({
  timeout: deadlines.dump,
  idleTimeout: () => (hasBegun() ? deadlines.idle : deadlines.look),
})

/**
 * For an import: its client waits as long as the server needs for a statement, a new index of a large table for one.
 */
export const importLimits = ({ deadlines }: Limited): CommandLimits => ({ idleTimeout: deadlines.import })

/** The client's option for a server that takes a connection and says nothing. */
export const connectOption = ({ deadlines }: Limited): string => `--connect-timeout=${Math.ceil(deadlines.look)}`

/**
 * How long a statement waits for tables that somebody else has locked, as a setting of the session: less than the
 * client may wait, so that the server says so, and nothing is done after the client was ended.
 */
export const lockWaitSetting = ({ deadlines }: Limited): string =>
  `lock_wait_timeout = ${Math.max(1, Math.floor(deadlines.query * 0.8))}`
