import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type DomainRecords, dnsAdvice, dnsText } from '../../lib/core/dns-advice.ts'

const HERE = ['192.0.2.7', '2001:db8::7']
const of = (
  domain: string,
  addresses: readonly string[],
  more: Partial<DomainRecords> & { ttl?: number } = {},
): DomainRecords => {
  const { ttl, ...rest } = more
  const records = addresses.map(address => ({ address, ttl }))
  return {
    domain,
    A: records.filter(({ address }) => !address.includes(':')),
    AAAA: records.filter(({ address }) => address.includes(':')),
    ...rest,
  }
}

/** What is found, this host's addresses, and what a person is told. */
const rows: [string, DomainRecords[], readonly string[], string[]][] = [
  ['a domain that points here', [of('blog.org', ['192.0.2.7'])], HERE, []],
  [
    'both kinds of addresses that point here, however they are written',
    [of('blog.org', ['192.0.2.7', '2001:DB8:0:0:0::7'])],
    HERE,
    [],
  ],
  [
    'another address, with its TTL',
    [of('blog.org', ['192.0.2.1'], { ttl: 3600 })],
    HERE,
    ['blog.org A: from 192.0.2.1 to 192.0.2.7; others may remember the former for 1 h (its TTL)'],
  ],
  [
    'both kinds',
    [of('blog.org', ['192.0.2.1', '2001:db8::1'])],
    HERE,
    ['blog.org A: from 192.0.2.1 to 192.0.2.7', 'blog.org AAAA: from 2001:db8::1 to 2001:db8::7'],
  ],
  [
    'one kind that was forgotten',
    [of('blog.org', ['192.0.2.7', '2001:db8::1'])],
    HERE,
    ['blog.org AAAA: from 2001:db8::1 to 2001:db8::7'],
  ],
  [
    'an IPv6 address where this host has none',
    [of('blog.org', ['192.0.2.1', '2001:db8::1'])],
    ['192.0.2.7'],
    ['blog.org A: from 192.0.2.1 to 192.0.2.7', 'blog.org AAAA: remove 2001:db8::1, this host has none of this kind'],
  ],
  [
    'two addresses of which one is here',
    [of('blog.org', ['192.0.2.1', '192.0.2.7'])],
    HERE,
    ['blog.org A: from 192.0.2.1 and 192.0.2.7 to 192.0.2.7'],
  ],
  ['no address yet', [of('new.org', [])], HERE, ['new.org A: add 192.0.2.7', 'new.org AAAA: add 2001:db8::7']],
  [
    'another name for one of its own domains, which follows it',
    [of('blog.org', ['192.0.2.1']), of('www.blog.org', ['192.0.2.1'], { alias: 'blog.org' })],
    HERE,
    ['blog.org A: from 192.0.2.1 to 192.0.2.7'],
  ],
  [
    'such a name that does not follow yet',
    [of('blog.org', ['192.0.2.7']), of('www.blog.org', ['192.0.2.1'], { alias: 'blog.org' })],
    HERE,
    ['www.blog.org: they follow the others'],
  ],
  [
    'another name for something of somebody else',
    [of('www.blog.org', ['198.51.100.1'], { alias: 'd1.cdn.net' })],
    HERE,
    [
      "www.blog.org is another name for d1.cdn.net (CNAME), which is none of the site's: change it there, or instead of it A 192.0.2.7 and AAAA 2001:db8::7",
    ],
  ],
  [
    'what nobody can tell',
    [of('blog.org', [], { problem: 'queryA ETIMEOUT blog.org' })],
    HERE,
    ['blog.org: its addresses are not known: queryA ETIMEOUT blog.org'],
  ],
  [
    'a host without any address',
    [of('blog.org', ['192.0.2.1'])],
    [],
    ['blog.org: this host knows no address of its own: say it in the inventory, addresses'],
  ],
  [
    'a host behind a router',
    [of('blog.org', ['192.0.2.1'])],
    ['10.0.0.7'],
    [
      'blog.org A: from 192.0.2.1 to 10.0.0.7',
      '10.0.0.7 is a private address: say the one that visitors know in the inventory, addresses',
    ],
  ],
]
for (const [what, found, here, told] of rows) {
  test(`dnsAdvice() of ${what}`, () => assert.deepEqual(dnsText(dnsAdvice(found, here), here), told))
}

const address = fc.constantFrom('192.0.2.1', '192.0.2.7', '198.51.100.9', '2001:db8::7', '2001:db8::1')

test('dnsAdvice() is silent exactly where every domain has an address and all are of this host', () => {
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(address), { maxLength: 4 }), lists => {
      const found = lists.map((addresses, index) => of(`${index}.org`, addresses))
      const isDone = lists.every(addresses => addresses.length > 0 && addresses.every(each => HERE.includes(each)))
      assert.equal(dnsText(dnsAdvice(found, HERE), HERE).length === 0, isDone)
    }),
  )
})

test('who does what dnsAdvice() says is told nothing more', () => {
  fc.assert(
    fc.property(fc.uniqueArray(address), addresses => {
      const [{ changes } = { changes: [] }] = dnsAdvice([of('a.org', addresses)], HERE)
      const after = changes.reduce((records, change) => {
        const [, type, from = '', to = ''] = /^a\.org (A+): (?:from (.*) to|add|remove .*) ?(.*)$/.exec(change) ?? []
        const kept = records.filter(each => (type === 'AAAA') !== each.includes(':'))
        return [...kept, ...to.split(' and ').filter(each => each !== '' && from !== each)]
      }, addresses as string[])
      assert.deepEqual(dnsText(dnsAdvice([of('a.org', after)], HERE), HERE), [])
    }),
  )
})
