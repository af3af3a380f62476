import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import { messageOf } from '../core/wording.ts'
import { writeWhole } from '../host/whole-file.ts'
import type { Histories } from '../report/page.ts'
import type { StatusJson } from '../report/status.ts'

/** A web server shows the pages. */
const READABLE = 0o644

/**
 * Writes the status as pages that need nothing else: `index.html`, and `fleet.html` where the archive holds the sites
 * of several hosts.
 * @throws {BadInput} when the folder cannot be written to
 */
export async function writePages(folder: string, status: StatusJson, histories: Histories): Promise<void> {
  // loads the chart library, which a look without pages need not wait for
  const { fleetPage, ownersOf, statusPage } = await import('../report/page.ts')
  try {
    mkdirSync(resolve(folder), { recursive: true })
    writeWhole(join(folder, 'index.html'), statusPage(status, histories), READABLE)
    if (ownersOf(status).size > 1) writeWhole(join(folder, 'fleet.html'), fleetPage(status), READABLE)
  } catch (error) {
    throw new BadInput(`--html: cannot write to ${folder}: ${messageOf(error)}`)
  }
}
