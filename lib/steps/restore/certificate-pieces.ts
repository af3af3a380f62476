import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { coversOnly } from '../../core/certificate.ts'
import type { Shell } from '../../engine/shell.ts'
import type { Host } from '../../inventory/schema.ts'
import { CERTIFICATES } from '../certs.ts'
import { exists, namesIn, type Piece } from './brought.ts'

/**
 * The lineages of a set that are to be put in place: those for the site's own domains alone (S41), where the host has none or one that ends earlier: going
 * back to an older certificate would make things worse.
 */
export function certificatePieces(host: Host, companion: string, domains: readonly string[], shell: Shell): Piece[] {
  const folder = join(companion, CERTIFICATES)
  return namesIn(join(folder, 'live')).flatMap(lineage => {
    const brought = certificateIn(join(folder, 'live', lineage))
    if (!brought) return []
    if (!coversOnly(brought.subjectAltName ?? '', domains)) {
      shell.note('warning', `certificate ${lineage} is not for the site's own domains alone: left out`)
      return []
    }
    const present = certificateIn(join(host.certificates, 'live', lineage))
    if (present && Date.parse(present.validTo) >= Date.parse(brought.validTo)) return []
    const parts = [join('archive', lineage), join('live', lineage), join('renewal', `${lineage}.conf`)]
    return parts
      .filter(part => exists(join(folder, part)))
      .map(part => ({ from: join(folder, part), to: join(host.certificates, part) }))
  })
}

function certificateIn(lineage: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(join(lineage, 'cert.pem')))
  } catch {
    return undefined
  }
}
