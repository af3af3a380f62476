import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import { readRecord } from '../../lib/host/records.ts'
import type { SitePlace } from '../../lib/host/site.ts'
import { adviseDns, checkDns, isDnsAwaited } from '../../lib/moves/checks.ts'
import { dnsFinding } from '../../lib/site/dns.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { startNameServer, type Zone } from '../support/name-server.ts'
import { notesOf, perform } from '../support/perform.ts'
import { hearingShell } from '../support/shell.ts'

const zone: Zone = {
  'blog.org A': ['192.0.2.1'],
  'blog.org AAAA': ['2001:db8::1'],
  'www.blog.org CNAME': ['blog.org'],
  '*.blog.org A': ['192.0.2.1'],
}
const server = await startNameServer(zone)
after(() => server.stop())

const host = hostIn(ownFolder('dns'), { addresses: ['192.0.2.7', '2001:db8::7'], nameServers: [server.address] })
const settings: SitePlace['settings'] = {
  domains: ['blog.org', 'www.blog.org', '*.blog.org', 'gone.example'],
  env: [],
  exclude: [],
}
const facts = { host, site: siteOf(host, 'blog', { settings }) }

const advise = async (): Promise<string[]> => notesOf(await perform(recipe<typeof facts>().do(adviseDns), facts))
const night = async (): Promise<string[]> =>
  notesOf(
    await perform(
      recipe<typeof facts>().only('DNS awaited', isDnsAwaited, only => only.do(checkDns)),
      facts,
    ),
  )
const since = (): number | undefined => readRecord(host, 'blog').dnsAwaitedSince

test('what was taken over is told which records to change, and is looked at every night until they are changed', async () => {
  assert.deepEqual(await night(), [], 'nothing is asked before')
  assert.deepEqual(server.asked, [])
  assert.deepEqual(await advise(), [
    'significant: blog.org A: from 192.0.2.1 to 192.0.2.7; others may remember the former for 1 h (its TTL)',
    'significant: blog.org AAAA: from 2001:db8::1 to 2001:db8::7; others may remember the former for 1 h (its TTL)',
    'significant: *.blog.org A: from 192.0.2.1 to 192.0.2.7; others may remember the former for 1 h (its TTL)',
    'significant: gone.example A: add 192.0.2.7',
    'significant: gone.example AAAA: add 2001:db8::7',
  ])
  assert.ok(since())

  zone['blog.org A'] = ['192.0.2.7']
  zone['*.blog.org A'] = ['192.0.2.7']
  zone['gone.example A'] = ['192.0.2.7']
  const [told] = await night()
  assert.match(
    told!,
    /^info: it was taken over .* ago, and DNS does not send all visitors here:\n {2}blog\.org AAAA: from 2001:db8::1 to /,
  )
  assert.equal((await dnsFinding({ host, shell: hearingShell().shell }, facts.site))?.level, 'attention')

  zone['blog.org AAAA'] = []
  assert.deepEqual(await night(), ['significant: all of its domains point here now'])
  assert.equal(since(), undefined)
  assert.equal(await dnsFinding({ host, shell: hearingShell().shell }, facts.site), null)
  assert.deepEqual(await advise(), ['info: all of its domains point here already'])
})

test('a name server that refuses to answer is told, and the records stay awaited', async () => {
  server.refuseAll()
  const [first] = await advise()
  assert.match(first!, /^significant: blog\.org: its addresses are not known: .*EREFUSED/)
  assert.ok(since())
})
