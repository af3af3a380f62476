import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Makes a lineage as certbot lays it out: numbered files in `archive`, links to them in `live`, settings in `renewal`. Self-signed. */
export function makeLineage(letsencrypt: string, name: string, domains: readonly string[], number = 1): void {
  const [live, archive] = ['live', 'archive'].map(part => join(letsencrypt, part, name)) as [string, string]
  for (const path of [live, archive, join(letsencrypt, 'renewal')]) mkdirSync(path, { recursive: true })
  const file = (part: string) => join(archive, `${part}${number}.pem`)
  const names = domains.map(domain => `DNS:${domain}`).join(',')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('privkey')]
  execFileSync(
    'openssl',
    ['req', '-x509', ...key, '-out', file('cert'), '-days', '90', '-subj', '/CN=test', '-addext', `subjectAltName=${names}`],
    { stdio: 'ignore' },
  )
  for (const part of ['chain', 'fullchain']) copyFileSync(file('cert'), file(part))
  for (const part of ['cert', 'privkey', 'chain', 'fullchain'])
    symlinkSync(`../../archive/${name}/${part}${number}.pem`, join(live, `${part}.pem`))
  const settings = ['[renewalparams]', 'authenticator = standalone', 'server = https://acme-v02.api.letsencrypt.org/directory']
  writeFileSync(join(letsencrypt, 'renewal', `${name}.conf`), [`archive_dir = ${archive}`, ...settings, ''].join('\n'))
}
