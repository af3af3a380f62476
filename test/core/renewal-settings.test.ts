import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type RenewalGround, renewalSettings } from '../../lib/core/renewal-settings.ts'

const SERVER = 'https://acme-v02.api.letsencrypt.org/directory'
const GROUND: RenewalGround = {
  lineage: 'shop.example',
  certificates: '/etc/letsencrypt',
  siteFolder: '/srv/www/vhosts/shop',
  names: ['shop.example', 'www.shop.example'],
  webServer: 'apache',
  accounts: new Map([[SERVER, ['0123456789abcdef0123456789abcdef']]]),
}
/** As certbot 2.1 writes it, with what a stranger could add. */
const GIVEN = `# renew_before_expiry = 30 days
version = 2.1.0
archive_dir = /etc/letsencrypt/archive/other.example
cert = /etc/shadow

# Options used in the renewal process
[renewalparams]
account = ffffffffffffffffffffffffffffffff
pre_hook = sh -c 'touch /tmp/owned'
authenticator = webroot
webroot_path = /srv/www/vhosts/shop/SITE,
installer = apache
server = ${SERVER}
key_type = ecdsa
rsa_key_size = 4096; x
renew_hook = /bin/sh
[[webroot_map]]
www.shop.example = /srv/www/vhosts/shop/SITE/www
`

test('renewalSettings() makes them anew from what is known: no hook, no path of others, an account of this host', () => {
  assert.deepEqual(renewalSettings(GIVEN, GROUND), {
    text: `# made by Holdfast from the settings in a backup
archive_dir = /etc/letsencrypt/archive/shop.example
cert = /etc/letsencrypt/live/shop.example/cert.pem
privkey = /etc/letsencrypt/live/shop.example/privkey.pem
chain = /etc/letsencrypt/live/shop.example/chain.pem
fullchain = /etc/letsencrypt/live/shop.example/fullchain.pem

[renewalparams]
account = 0123456789abcdef0123456789abcdef
authenticator = webroot
installer = apache
server = ${SERVER}
key_type = ecdsa
[[webroot_map]]
shop.example = /srv/www/vhosts/shop/SITE
www.shop.example = /srv/www/vhosts/shop/SITE/www
`,
  })
})

/** What is changed in the settings, and why there are none then. */
const REFUSED: [string, string, RegExp][] = [
  ['authenticator = webroot', 'authenticator = manual', /its settings name the authenticator "manual", which is not taken over/],
  [
    'authenticator = webroot',
    'authenticator = dns-cloudflare',
    /name the authenticator "dns-cloudflare", which is not taken over/,
  ],
  ['authenticator = webroot', '', /its settings name no authenticator/],
  ['authenticator = webroot', 'authenticator = nginx', /name the authenticator "nginx", which is not/],
  [SERVER, 'https://evil.example/directory', /neither Let's Encrypt's nor one where this host has an account/],
  [SERVER, `${SERVER}\x1b`, /neither Let's Encrypt's/],
  ['/vhosts/shop/SITE,', '/vhosts/other/SITE,', /answered outside of the site's folder/],
  ['/vhosts/shop/SITE,', '/vhosts/shop/../other/SITE,', /answered outside/],
  ['/vhosts/shop/SITE/www', '/vhosts/shopping', /answered outside/],
]
for (const [from, to, why] of REFUSED) {
  test(`renewalSettings() makes none with ${JSON.stringify(to)} for ${JSON.stringify(from)}`, () => {
    const made = renewalSettings(GIVEN.replace(from, to), GROUND)
    assert.match('why' in made ? made.why : made.text, why)
  })
}

test('renewalSettings() holds nothing but known settings, whatever is given', () => {
  const line = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.constantFrom(...GIVEN.split('\n')),
    fc
      .tuple(
        fc.constantFrom('authenticator', 'pre_hook', 'deploy_hook', 'server', 'account', 'webroot_path', 'key_type'),
        fc.string(),
      )
      .map(pair => pair.join(' = ')),
  )
  const known =
    /^(?:#.*|(?:archive_dir|cert|privkey|chain|fullchain) = \/etc\/letsencrypt\/(?:live|archive)\/shop\.example(?:\/\w+\.pem)?|\[renewalparams\]|account = [0-9a-f]{32}|authenticator = (?:webroot|standalone|apache)|installer = apache|server = https:\/\/acme-(?:staging-)?v02\.api\.letsencrypt\.org\/directory|(?:key_type|elliptic_curve|rsa_key_size|reuse_key) = \w+|preferred_chain = [\w .]+|\[\[webroot_map\]\]|(?:www\.)?shop\.example = \/srv\/www\/vhosts\/shop(?:\/[^\s]*)?|)$/
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), lines => {
      const made = renewalSettings(lines.join('\n'), GROUND)
      if ('text' in made) for (const each of made.text.split('\n')) assert.match(each, known)
    }),
    { numRuns: 1000 },
  )
})
