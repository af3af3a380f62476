import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf } from '../core/wording.ts'
import type { OpenedFolder } from '../host/opened-folder.ts'
import { type Lineage, readLineages } from './lineage.ts'

/** A web server's configuration of one site, by its name in `sites-enabled`. */
export interface ConfigurationFile {
  readonly name: string
  readonly text: string
}

/** What a set brings for the system besides the site itself, as far as it could be read. Nothing of it is in force. */
export interface Proposal {
  readonly files: readonly ConfigurationFile[]
  /** By file that was not put in force: the digest of what was in force in its place, as this host knows it. */
  readonly replaces?: Readonly<Record<string, string>> | undefined
  readonly lineages: readonly Lineage[]
}

export const NO_PROPOSAL: Proposal = { files: [], lineages: [] }

/** Bytes of a site's configuration. */
const LARGEST = 262_144
/** A file that a web server includes, and no other. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9@._-]{0,100}$/

/**
 * Reads what is proposed in a folder that is laid out as a site's companion folder: `web-server/sites-enabled/NAME`, a
 * file or a link to one in `sites-available`, and `certificates`. A stranger may have made it: nothing outside of it is
 * opened.
 * @param leftOut is told of each piece that cannot be read, with the reason
 */
export function readProposal(folder: OpenedFolder, leftOut: (text: string) => void): Proposal {
  const tried = <Found>(what: string, otherwise: Found, read: () => Found): Found => {
    try {
      return read()
    } catch (error) {
      leftOut(`${what}: ${messageOf(error)}`)
      return otherwise
    }
  }
  return {
    files: tried('its web server configuration cannot be read', [], () => readFiles(folder, leftOut)),
    lineages: tried('its certificates cannot be read', [], () => {
      using certificates = folder.folderIfThere('certificates')
      return certificates ? readLineages(certificates, leftOut) : []
    }),
  }
}

function readFiles(folder: OpenedFolder, leftOut: (text: string) => void): ConfigurationFile[] {
  using enabled = folder.folderIfThere('web-server/sites-enabled')
  if (!enabled) return []
  return enabled.names().flatMap(name => {
    try {
      const text = NAME.test(name) ? textOf(folder, enabled, name) : undefined
      if (text === undefined) throw new Error('its name is none of a configuration')
      return [{ name, text }]
    } catch (error) {
      leftOut(`web server file ${JSON.stringify(name)}: ${messageOf(error)}: left out`)
      return []
    }
  })
}

function textOf(folder: OpenedFolder, enabled: OpenedFolder, name: string): string | undefined {
  if (!enabled.look(name)?.isSymbolicLink()) return enabled.text(name, LARGEST)
  const target = enabled.link(name)
  const available = /^(?:\.\.|\/.*)\/sites-available\/([^/]+)$/.exec(target)?.[1]
  if (available === undefined || !NAME.test(available)) throw new Error(`is a link to ${target}`)
  using folderOfAvailable = folder.folder('web-server/sites-available')
  return folderOfAvailable.text(available, LARGEST)
}

/** What a file, link or folder of the system is to hold. */
type Content =
  | { readonly kind: 'file'; readonly text: string; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'folder'; readonly entries: Readonly<Record<string, Content>> }

/** A file, link or folder of the system as it is to be, made anew: owner, mode and kind in a set count for nothing. */
export type Piece = { readonly to: string } & Content

/** Writes a piece at a path where nothing is, in folders of this host's own. */
export function writePiece(path: string, content: Content): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (content.kind === 'link') symlinkSync(content.target, path)
  if (content.kind === 'file') writeFileSync(path, content.text, { mode: 0o600, flag: 'wx', flush: true })
  if (content.kind === 'folder') {
    mkdirSync(path, { mode: 0o700 })
    for (const [name, each] of Object.entries(content.entries)) writePiece(join(path, name), each)
  }
  // whatever mask this process has
  if (content.kind !== 'link') chmodSync(path, content.kind === 'file' ? content.mode : 0o755)
}
