import type { Transaction } from '../../core/restore-journal.ts'
import type { Hands } from '../../host/hands.ts'
import { isWithin } from '../site-files.ts'

/** Whether a restore exchanges anything that the web server reads. */
export function touchesWebServer({ host }: Pick<Hands, 'host'>, transaction: Transaction): boolean {
  const folders = [host.webServer?.folder, host.certificates].filter(folder => folder !== undefined)
  return host.webServer !== undefined && transaction.exchanges.some(({ live }) => folders.some(folder => isWithin(live, folder)))
}

/**
 * Tests the web server's configuration and has it read again, when the restore touches it.
 * @throws when the test fails: nothing is reloaded then
 */
export async function reloadIfTouched(hands: Hands, transaction: Transaction): Promise<void> {
  const { webServer } = hands.host
  if (!webServer || !touchesWebServer(hands, transaction)) return
  const shell = hands.shell.quick
  await shell.with({ explain: failure => new Error(`the web server's configuration fails its test: ${failure.message}`) })
    .act`${webServer.test}`
  await shell.act`${webServer.reload}`
}
