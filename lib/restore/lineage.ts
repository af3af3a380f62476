import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { messageOf } from '../core/message.ts'
import type { OpenedFolder } from '../host/opened-folder.ts'

/**
 * A Let's Encrypt lineage that a set brings, read and checked: what it is made of is whole, and the key is the
 * certificate's. All texts are PEM.
 */
export interface Lineage {
  readonly name: string
  readonly certificate: string
  readonly key: string
  /** Certificates of those who vouch for it; empty where the set has none. */
  readonly chain: string
  /** Its renewal settings as the set has them: not to be used as they are. */
  readonly renewal: string | undefined
  /** As node:crypto gives them: `DNS:example.org, DNS:*.example.org`. */
  readonly subjectAltName: string
  /** Milliseconds since the epoch. */
  readonly validTo: number
}

/** Bytes of a file of a lineage. */
const LARGEST = 65_536
const LONGEST_CHAIN = 8
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$/

/**
 * Reads the lineages in a folder that is laid out as Let's Encrypt's own. Whoever made the folder may be a stranger: no
 * link but certbot's own, from `live` to `archive`, is followed, and nothing is waited for.
 * @param leftOut is told of each that cannot be used, with the reason
 */
export function readLineages(folder: OpenedFolder, leftOut: (text: string) => void): Lineage[] {
  using live = folder.folderIfThere('live')
  if (!live) return []
  const names = live.names().filter(name => live.look(name)?.isDirectory())
  return names.flatMap(name => {
    try {
      return [readLineage(folder, live, name)]
    } catch (error) {
      leftOut(`certificate ${JSON.stringify(name)} cannot be used: ${messageOf(error)}`)
      return []
    }
  })
}

function readLineage(folder: OpenedFolder, live: OpenedFolder, name: string): Lineage {
  if (!NAME.test(name) || name.includes('..')) throw new Error('its name is none of a lineage')
  using own = live.folder(name)
  const certificate = new X509Certificate(partOf(folder, own, name, 'cert') ?? missing('cert'))
  const key = createPrivateKey(partOf(folder, own, name, 'privkey') ?? missing('privkey'))
  if (!certificate.checkPrivateKey(key)) throw new Error('privkey.pem is not the key of cert.pem')
  using renewal = folder.folderIfThere('renewal')
  return {
    name,
    certificate: certificate.toString(),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    chain: chainIn(partOf(folder, own, name, 'chain') ?? ''),
    renewal: renewal?.text(`${name}.conf`, LARGEST),
    subjectAltName: certificate.subjectAltName ?? '',
    validTo: Date.parse(certificate.validTo),
  }
}

function missing(part: string): never {
  throw new Error(`${part}.pem is missing`)
}

/** One of its files, which is a link to a file with a number in `archive`, or a file. */
function partOf(folder: OpenedFolder, own: OpenedFolder, name: string, part: string): string | undefined {
  const file = `${part}.pem`
  if (!own.look(file)?.isSymbolicLink()) return own.text(file, LARGEST)
  const target = readlinkSync(own.at(file))
  const [, archived] = /^\.\.\/\.\.\/archive\/[^/]+\/([a-z]+\d+\.pem)$/.exec(target) ?? []
  if (archived === undefined || !target.startsWith(`../../archive/${name}/`)) throw new Error(`${file} is a link to ${target}`)
  using archive = folder.folder(`archive/${name}`)
  return archive.text(archived, LARGEST)
}

/** The certificates in a text, each written anew: whatever stands between them is left out. */
function chainIn(text: string): string {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks
    .slice(0, LONGEST_CHAIN)
    .map(block => new X509Certificate(block).toString())
    .join('')
}
