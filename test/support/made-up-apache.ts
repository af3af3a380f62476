import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A configuration for the real Apache in a folder of its own, to be tested and never started: two sites, `shop` and `other`. */
export function makeApache(folder: string): { kind: 'apache'; folder: string; test: string[]; reload: string[] } {
  for (const name of ['sites-available', 'sites-enabled']) mkdirSync(join(folder, name), { recursive: true })
  const vhosts = join(folder, '..', 'web1', 'vhosts')
  for (const name of ['shop', 'other']) {
    const text = `<VirtualHost *:8099>\nServerName ${name}.example\nDocumentRoot ${join(vhosts, name, 'SITE')}\n</VirtualHost>\n`
    writeFileSync(join(folder, 'sites-available', `${name}.conf`), text)
    symlinkSync(`../sites-available/${name}.conf`, join(folder, 'sites-enabled', `${name}.conf`))
  }
  const main = join(folder, 'apache2.conf')
  const modules = ['mpm_event', 'authz_core'].map(name => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
  const lines = [`ServerRoot ${folder}`, 'ServerName localhost', 'Listen 8099', `PidFile ${join(folder, 'pid')}`, ...modules]
  writeFileSync(
    main,
    [
      ...lines,
      'ErrorLog /dev/null',
      'IncludeOptional *.conf.extra',
      'IncludeOptional other.conf',
      'IncludeOptional sites-enabled/*.conf',
      '',
    ].join('\n'),
  )
  return { kind: 'apache', folder, test: ['/usr/sbin/apache2', '-t', '-f', main], reload: ['touch', join(folder, 'reloaded')] }
}
