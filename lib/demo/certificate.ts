import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { output } from '../sandbox/process.ts'

const PARTS = ['cert', 'chain', 'fullchain', 'privkey'] as const

/** Makes a self-signed certificate, laid out as Let's Encrypt does: `archive/`, `live/` and `renewal/`. */
export async function makeLineage(folder: string, domain: string): Promise<void> {
  const [archive, live, renewal] = [join(folder, 'archive', domain), join(folder, 'live', domain), join(folder, 'renewal')]
  for (const each of [archive, live, renewal]) await mkdir(each, { recursive: true, mode: 0o700 })
  const file = (part: string): string => join(archive, `${part}1.pem`)
  const name = ['-subj', `/CN=${domain}`, '-addext', `subjectAltName=DNS:${domain}`]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('privkey')]
  const certificate = await output('openssl', ['req', '-x509', '-days', '90', ...name, ...key])
  for (const part of PARTS) {
    if (part !== 'privkey') await writeFile(file(part), certificate)
    await symlink(`../../archive/${domain}/${part}1.pem`, join(live, `${part}.pem`))
  }
  await writeFile(
    join(renewal, `${domain}.conf`),
    `cert = ${live}/cert.pem\nprivkey = ${live}/privkey.pem\n\n[renewalparams]\nauthenticator = standalone\n`,
  )
}
