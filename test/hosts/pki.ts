import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { output } from '../../lib/sandbox/process.ts'

/** A certificate and its key, as PEM, and that of who signed it. */
export interface Identity {
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

/** An authority for a VPN, made anew each time, and one identity signed by it for each name; `server` names those that are servers. */
export async function authority(names: readonly string[], server: string): Promise<Record<string, Identity>> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-pki-'))
  const openssl = (...words: string[]): Promise<string> => output('openssl', words, '', { cwd: folder })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const text = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
  try {
    await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '3650', '-subj', '/CN=ca')
    const made: Record<string, Identity> = {}
    for (const name of names) {
      const use = `keyUsage=digitalSignature,extendedKeyUsage=${name === server ? 'serverAuth' : 'clientAuth'}`
      const extensions = use.split(',').flatMap(each => ['-addext', each])
      await openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`, ...extensions)
      const sign = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '3650', '-copy_extensions', 'copy']
      await openssl('x509', '-req', '-in', `${name}.csr`, ...sign, '-out', `${name}.crt`)
      made[name] = { ca: await text('ca.crt'), certificate: await text(`${name}.crt`), key: await text(`${name}.key`) }
    }
    return made
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
