import { X509Certificate } from 'node:crypto'
import { constants, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { coversAny } from '../core/certificate.ts'
import { OpenedFile } from '../host/opened-file.ts'

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
      using file = OpenedFile.of(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), path)
      const { subjectAltName = '', validTo } = new X509Certificate(file.text(65_536))
      return [{ lineage, subjectAltName, validTo: Date.parse(validTo) }]
    } catch {
      return [] // README, or a lineage without a certificate
    }
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

/** The certificates' folder in the companion folder, laid out as Let's Encrypt's own. */
export const CERTIFICATES = 'certificates'

/** Names of the lineages (folders in `live/`) whose certificate is for one of these domains. */
export function lineagesOf(folder: string, domains: readonly string[]): string[] {
  return lineagesHere(folder)
    .filter(({ subjectAltName }) => coversAny(subjectAltName, domains))
    .map(({ lineage }) => lineage)
}
