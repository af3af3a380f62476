import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { output } from '../../lib/sandbox/process.ts'

/** A certificate and its key, as PEM, and that of who signed it. */
export interface Identity {
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

/** An authority for a VPN, made in a new folder, and one identity signed by it for each name; `server` names the one that is a server. */
export async function authority(folder: string, names: readonly string[], server: string): Promise<Record<string, Identity>> {
  await mkdir(folder)
  const openssl = (...words: string[]): Promise<string> => output('openssl', words, '', { cwd: folder })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const text = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
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
}
