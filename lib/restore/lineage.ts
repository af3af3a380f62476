import { createPrivateKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { coversAny } from '../core/domain-name.ts'
import { messageOf } from '../core/wording.ts'
import { OpenedFile } from '../host/opened-file.ts'
import type { OpenedFolder } from '../host/opened-folder.ts'
import { namesIn } from '../host/whole-file.ts'

/** A Let's Encrypt lineage that a set brings, whole, and with the certificate's own key. All texts are PEM. */
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
 * Reads the lineages in a folder that is laid out as Let's Encrypt's. A stranger may have made it: no link but
 * certbot's own, from `live` to `archive`, is followed, and nothing is waited for.
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
  const target = own.link(file)
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

/** A lineage of this host, with the names that its certificate is for. */
export interface LineageHere {
  readonly lineage: string
  readonly subjectAltName: string
  /** Milliseconds since the epoch. */
  readonly validTo: number
}

/** The lineages in a folder of Let's Encrypt's, as far as their certificates can be read. */
export function lineagesHere(certificates: string): LineageHere[] {
  const live = join(certificates, 'live')
  return namesIn(live).flatMap(lineage => {
    const path = join(live, lineage, 'cert.pem')
    try {
      using file = OpenedFile.openNamed(path)
      const { subjectAltName = '', validTo } = new X509Certificate(file.text(65_536))
      return [{ lineage, subjectAltName, validTo: Date.parse(validTo) }]
    } catch {
      return [] // README, or a lineage without a certificate
    }
  })
}

/** The certificates' folder in the companion folder, laid out as Let's Encrypt's own. */
export const CERTIFICATES = 'certificates'

/** Names of the lineages (folders in `live/`) whose certificate is for one of these domains. */
export function lineagesOf(folder: string, domains: readonly string[]): string[] {
  return lineagesHere(folder)
    .filter(({ subjectAltName }) => coversAny(subjectAltName, domains))
    .map(({ lineage }) => lineage)
}
