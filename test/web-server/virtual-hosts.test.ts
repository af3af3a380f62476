import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { virtualHosts, type WebServerKind } from '../../lib/web-server/virtual-hosts.ts'

const APACHE = `# DocumentRoot /not/this
<VirtualHost *:80 [::]:80>
  ServerName Example.org:80
  ServerAlias www.example.org *.example.org
  DocumentRoot "/srv/www/vhosts/a b/SITE"
  <Directory "/srv/www/vhosts/a b/SITE">
    Options -Indexes
  </Directory>
</VirtualHost>
<virtualhost *:443>
  servername https://shop.example.org
  documentroot '/srv/www/vhosts/shop/SITE'
  ServerAlias one.example \\
    two.example
</virtualhost>
`
const NGINX = `# root /not/this;
server {
    listen 80; server_name Example.org www.example.org; # comment;
    root "/srv/www/vhosts/a b/SITE";
    location / { try_files $uri =404; }
}
server { listen 443 ssl; server_name _ ~^x\\d+$ *.example.net; root /srv/www/vhosts/shop/SITE; location /old { root /srv/old; } }
`
const served = (kind: WebServerKind, text: string) =>
  virtualHosts(kind, text).filter(({ domains, roots }) => domains.length + roots.length > 0)

test("virtualHosts() reads Apache's blocks", () => {
  assert.deepEqual(served('apache', APACHE), [
    { domains: ['example.org', 'www.example.org', '*.example.org'], patterns: [], roots: ['/srv/www/vhosts/a b/SITE'] },
    { domains: ['shop.example.org', 'one.example', 'two.example'], patterns: [], roots: ['/srv/www/vhosts/shop/SITE'] },
  ])
})

test("virtualHosts() reads nginx's blocks, with every root in them", () => {
  assert.deepEqual(served('nginx', NGINX), [
    { domains: ['example.org', 'www.example.org'], patterns: [], roots: ['/srv/www/vhosts/a b/SITE'] },
    { domains: ['*.example.net'], patterns: ['~^x\\d+$'], roots: ['/srv/www/vhosts/shop/SITE', '/srv/old'] },
  ])
})

test('virtualHosts() reads any text without failing', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<WebServerKind>('apache', 'nginx'),
      fc.string({ maxLength: 200 }),
      fc.nat(APACHE.length),
      (kind, noise, at) => {
        for (const text of [noise, APACHE.slice(0, at) + noise + APACHE.slice(at), NGINX.slice(0, at) + noise])
          virtualHosts(kind, text)
      },
    ),
  )
})
