import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Condition, Step } from '../engine/step.ts'
import { replaceFolder } from './certs.ts'
import { openCompanion } from './companion.ts'
import { webServerFiles, webServerFilesOf } from './domains.ts'
import type { Needs } from './facts.ts'

/** The folder of the site's web server configuration in the companion folder, laid out as the web server's own. */
export const WEB_SERVER = 'web-server'

/** Applies on a host with a web server in its inventory. */
export const hasWebServer: Condition<Needs<'host'>, { webServerFolder: string }> = ({ host }) =>
  host.webServer === undefined ? 'the inventory names no web server' : { webServerFolder: host.webServer.folder }

/** Copies the web server configuration that serves this site, and no other, into its companion folder (S15). */
export const saveWebServer: Step<Needs<'host' | 'site'> & { webServerFolder: string }, void> = {
  name: 'web-server',
  title: 'Save the web server configuration',
  run: async ({ host, site, webServerFolder }, shell) => {
    const files = webServerFilesOf(webServerFiles(host), site).map(file => file.name)
    shell.note('info', files.length === 0 ? 'no file serves this site alone' : files.join(', '))
    await using companion = await openCompanion(site.folder, shell)
    await replaceFolder(WEB_SERVER, companion.path, shell, async within => {
      for (const name of files) {
        const enabled = join(webServerFolder, 'sites-enabled', name)
        const parts = lstatSync(enabled).isSymbolicLink() ? ['sites-enabled', 'sites-available'] : ['sites-enabled']
        for (const part of parts) {
          await within.act`mkdir --parents ${part}`
          await within.act`cp --archive ${join(webServerFolder, part, name)} ${part}/`
        }
      }
    })
  },
}
