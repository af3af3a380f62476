import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { DatabaseAccess } from '../../lib/core/database-access.ts'
import { Secret } from '../../lib/core/secret.ts'
import { readWpConfig } from '../../lib/wordpress/config.ts'
import { hearingShell } from './shell.ts'

/** The web server's user on Debian. */
export const WEB_USER = 33

/** A site with a configuration, and what it may know of the world. */
export interface Configured {
  /** After the opening tag of PHP. */
  readonly body: string
  /** By their name in `SITE`; `../x` lies in the site's folder. */
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly domains?: readonly string[]
  /** Where the configuration lies, from the site's folder. */
  readonly at?: string
  /** Does more to the site's folder before it is read. */
  readonly prepare?: (folder: string) => void
  /** Where the site is when it is live; where it is now by default. */
  readonly liveFolder?: string
}

/** Writes a site that belongs to the web server's user, reads its configuration, and removes it. `DIR` in a variable is its `SITE`. */
export async function readConfigured(site: Configured): Promise<DatabaseAccess> {
  const { body, files = {}, env = {}, domains = [], at = 'SITE/wp-config.php', prepare } = site
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'))
  try {
    const root = join(folder, 'SITE')
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text, { mode: 0o640 })
      if (process.getuid?.() === 0) chownSync(path, WEB_USER, WEB_USER)
    }
    for (const [name, text] of Object.entries(files)) write(join(root, name), text)
    write(join(folder, at), `<?php ${body}`)
    chmodSync(folder, 0o755)
    prepare?.(folder)
    const live = site.liveFolder ?? folder
    const environment = Object.entries(env).map(([name, text]) => [name, new Secret(text.replace('DIR', join(live, 'SITE')))])
    const place = { config: join(folder, at), folder, liveFolder: live, domains, environment: Object.fromEntries(environment) }
    const [own] = await readWpConfig(place, hearingShell().shell)
    if (!own || 'sqlite' in own.data) throw new Error('a file of SQLite')
    return own.data
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replaceAll(folder, '/site')
    throw error
  } finally {
    rmSync(folder, { recursive: true })
  }
}
