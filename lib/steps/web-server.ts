import { lstatSync, realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Shell } from '../engine/shell.ts'
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
      for (const name of files) await copyConfiguration(webServerFolder, name, within)
    })
  },
}

/** Copies one enabled file: a link into sites-available as a link with what it leads to, one to anywhere else as the file that it leads to. */
async function copyConfiguration(from: string, name: string, within: Shell): Promise<void> {
  const enabled = join(from, 'sites-enabled', name)
  await within.act`mkdir --parents sites-enabled`
  const target = relative(realpathSync(join(from, 'sites-enabled', '..')), realpathSync(enabled))
  if (!lstatSync(enabled).isSymbolicLink() || dirname(target) !== 'sites-available')
    return await within.act`cp --archive --dereference ${enabled} sites-enabled/`
  await within.act`cp --archive ${enabled} sites-enabled/`
  await within.act`mkdir --parents sites-available`
  await within.act`cp --archive ${join(from, target)} sites-available/`
}
