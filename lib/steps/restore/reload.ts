import type { Exchange } from '../../core/restore-journal.ts'
import type { Hands } from '../../host/hands.ts'
import { isOfSystem } from './system-place.ts'

/**
 * Tests the web server's configuration and has it read again, when something that it reads was exchanged.
 * @throws {CommandFailed} when the test fails, and nothing is reloaded then; when it cannot be reloaded
 */
export async function reloadIfTouched(hands: Hands, exchanges: readonly Exchange[]): Promise<void> {
  const { webServer } = hands.host
  if (!webServer || !exchanges.some(({ live }) => isOfSystem(hands.host, live))) return
  const shell = hands.shell.quick
  await shell.act`${webServer.test}`
  await shell.act`${webServer.reload}`
}
