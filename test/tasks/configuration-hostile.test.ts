import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createStatic } from '../../lib/sandbox/static-site.ts'
import type { WebServerKind } from '../../lib/web-server/virtual-hosts.ts'
import { craftChanged } from '../support/crafted-set.ts'
import { makeLineage } from '../support/lineage.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { runTask } from '../support/recovering.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, Stage } from '../support/stage.ts'
import { siteConfiguration, startWebServer } from '../support/web-servers.ts'

/** What a file of a hostile set holds besides the site's name and root, and the line in which it is held off. */
const EVIL: Record<WebServerKind, [string, string, RegExp][]> = {
  apache: [
    [
      'pipe.conf',
      '  ErrorLog "|/bin/sh -c \'id > MARK\'"\n',
      /line 4: ErrorLog "\|\/bin\/sh .*: wanted a file directly below \/var\/log\/apache2/,
    ],
    ['custom.conf', '  CustomLog "|/bin/sh -c \'id > MARK\'" "%h"\n', /line 4: CustomLog "\|\/bin\/sh/],
    [
      'cron.conf',
      '  CustomLog /etc/cron.d/holdfast-test "* * * * * root id"\n',
      /line 4: CustomLog \/etc\/cron\.d\/holdfast-test/,
    ],
    ['module.conf', '  LoadModule evil_module SITE/evil.so\n', /line 4: LoadModule evil_module .*: it is not on the list/],
    ['shadow.conf', '  Include /etc/shadow\n', /line 4: Include \/etc\/shadow: wanted/],
    ['continued.conf', '  # harmless \\\n  ErrorLog x\n', /line 4: it goes on in the next line/],
    [
      'proxy.conf',
      '  RewriteEngine on\n  RewriteRule ^/(.*)$ http://127.0.0.1:3306/$1 [P]\n',
      /line 5: RewriteRule .*: wanted a redirect/,
    ],
    ['aliased.conf', '  Alias /other OTHER\n', /line 4: Alias \/other .*: it is not on the list/],
    ['alias.conf', '  ServerAlias *\n', /line 4: ServerAlias \*: \* is no plain domain name/],
  ],
  nginx: [
    [
      'pipe.conf',
      '  access_log "|/bin/sh -c id" combined;\n',
      /line 5: access_log \|\/bin\/sh .*: wanted a file directly below \/var\/log\/nginx/,
    ],
    ['cron.conf', '  error_log /etc/cron.d/holdfast-test;\n', /line 5: error_log \/etc\/cron\.d\/holdfast-test/],
    ['shadow.conf', '  include /etc/shadow;\n', /line 5: include \/etc\/shadow: wanted fastcgi_params/],
    ['alias.conf', '  location /o { alias OTHER/; }\n', /line 5: alias .*: it is not on the list/],
    ['proxy.conf', '  location /p { proxy_pass http://127.0.0.1:3306; }\n', /line 5: proxy_pass .*: it is not on the list/],
    [
      'default.conf',
      '  listen 127.0.0.2:PORT default_server;\n',
      /line 5: listen 127\.0\.0\.2:\d+ default_server: wanted a port/,
    ],
    ['names.conf', '  server_name ~^.*$;\n', /line 5: server_name .*is no plain domain name/],
  ],
}

for (const kind of ['apache', 'nginx'] as const) {
  test(`a set of a host that was taken over puts nothing in force on another host with ${kind}, but what is harmless`, async t => {
    const folder = quickFolder(`hostile-${kind}`)
    chmodSync(folder, 0o755) // the web server's own user reads in it
    const [letsencrypt, configuration] = [join(folder, 'letsencrypt'), join(folder, kind)]
    const vhosts = join(folder, 'stage/web2/vhosts')
    const [own, others] = [join(vhosts, 'shop/SITE'), join(vhosts, 'other/SITE')]
    const stage = new Stage(join(folder, 'stage'))
    const web1 = stage.addHost('web1')
    const site = await createStatic({ vhosts: web1.vhosts, name: 'shop' })
    claim(site.folder, web1)
    const first = await runTask(stage, 'nightly', web1)
    assert.equal(first.code, 0, first.stdout + first.stderr)
    const server = await startWebServer(kind, configuration, others)
    t.after(() => server.stop())
    const web2 = stage.addHost('web2', { webServer: server.fields, certificates: letsencrypt })
    const other = await createStatic({ vhosts, name: 'other' })
    claim(other.folder, web2)
    makeLineage(letsencrypt, 'other.example', ['other.example'])
    const before = {
      letsencrypt: snapshot(letsencrypt),
      other: readFileSync(join(configuration, 'sites-available/other.conf'), 'utf8'),
    }
    const mark = join(folder, 'mark')

    const text = (name: string, more = '') =>
      siteConfiguration(
        kind,
        server.port,
        name,
        own,
        more.replace('MARK', mark).replace('OTHER', others).replace('PORT', `${server.port}`),
      )
    await craftChanged(site.folder, join(stage.archive, 'shop'), copy => {
      const [enabled, brought] = [join(copy, '.holdfast/web-server/sites-enabled'), join(copy, '.holdfast/certificates')]
      mkdirSync(enabled, { recursive: true })
      const put = (name: string, what: string) => writeFileSync(join(enabled, name), what)
      for (const [name, more] of EVIL[kind]) put(name, text('shop.example', more))
      put('taken.conf', text('other.example'))
      put('root.conf', siteConfiguration(kind, server.port, 'shop.example', others))
      put('other.conf', text('shop.example'))
      put('plain.conf', text('shop.example'))
      execFileSync('mkfifo', [join(enabled, 'pipe-for-a-file.conf')])
      symlinkSync('/etc/shadow', join(enabled, 'link.conf'))
      chmodSync(join(enabled, 'plain.conf'), 0o666)
      lchownSync(join(enabled, 'plain.conf'), 12345, 12345)
      makeLineage(brought, 'shop.example', ['shop.example'])
      makeLineage(brought, 'other.example', ['shop.example'])
      makeLineage(brought, 'mine', ['other.example'])
      makeLineage(brought, 'fifo', ['shop.example'])
      execFileSync('sh', ['-c', `rm '${brought}/live/fifo/cert.pem' && mkfifo '${brought}/live/fifo/cert.pem'`])
      writeFileSync(
        join(brought, 'renewal/shop.example.conf'),
        `[renewalparams]\nauthenticator = standalone\npre_hook = id > ${mark}\nserver = https://acme-v02.api.letsencrypt.org/directory\n`,
      )
    })
    const { code, stdout } = await runTask(stage, 'nightly', web2)
    assert.equal(code, 1, stdout)
    // the site is there, and works
    assert.match((await server.get('shop.example')).body, /A static site/)
    assert.equal((await server.get('other.example')).status, 200)
    // each attack is told in a line of its own
    const told = stdout.split('\n')
    for (const [name, , line] of EVIL[kind])
      assert.ok(
        told.some(each => each.includes(`incomplete: ${name} of its backup`) && line.test(each)),
        `${name}\n${stdout}`,
      )
    for (const line of [
      /incomplete: taken\.conf .*other\.example may be another's: other\.conf here is for it/,
      /incomplete: root\.conf .*wanted a folder of the site/,
      /web server file other\.conf is left out: what has its name here is not this site's alone/,
      /web server file "pipe-for-a-file\.conf": .* is a pipe, wanted a file: left out/,
      /web server file "link\.conf": is a link to \/etc\/shadow: left out/,
      /certificate other\.example is left out: this host has one of that name that is not known as the site's/,
      /certificate mine is left out: it is not for the site's own domains alone/,
      /certificate "fifo" cannot be used: .*cert\.pem is a pipe, wanted a file/,
    ])
      assert.ok(
        told.some(each => line.test(each)),
        `${line}\n${stdout}`,
      )
    // nothing ran, and nothing but the harmless file is in force, as root's
    assert.ok(!existsSync(mark) && !existsSync('/etc/cron.d/holdfast-test'))
    assert.deepEqual(readdirSync(join(configuration, 'sites-enabled')), ['other.conf', 'plain.conf'])
    assert.equal(readFileSync(join(configuration, 'sites-available/other.conf'), 'utf8'), before.other)
    const { uid, gid, mode } = statSync(join(configuration, 'sites-available/plain.conf'))
    assert.deepEqual([uid, gid, mode & 0o777], [0, 0, 0o644])
    assert.deepEqual(readdirSync(join(letsencrypt, 'live')), ['other.example', 'shop.example'])
    assert.deepEqual(
      snapshot(join(letsencrypt, 'live/other.example')),
      before.letsencrypt && snapshotOf(before.letsencrypt, 'live/other.example'),
    )
    assert.equal(statSync(join(letsencrypt, 'archive/shop.example/privkey1.pem')).mode & 0o777, 0o600)
    assert.doesNotMatch(readFileSync(join(letsencrypt, 'renewal/shop.example.conf'), 'utf8'), /hook/)
    assert.doesNotMatch(stdout, /root:[$!*]/)
  })
}

/** A part of a snapshot, as that of the part alone would be. */
const snapshotOf = (all: Record<string, string>, part: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(all)
      .filter(([path]) => path === part || path.startsWith(`${part}/`))
      .map(([path, what]) => [path.slice(part.length + 1), what]),
  )
