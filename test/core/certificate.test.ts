import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coversAny, coversOnly } from '../../lib/core/domain-name.ts'

const one = 'DNS:example.org'
const two = 'DNS:example.org, DNS:www.Example.org'
const wild = 'DNS:*.example.org'
/** [subjectAltName, domains, covers any of them, covers only them] */
const table: [string, string[], boolean, boolean][] = [
  [one, ['example.org'], true, true],
  [one, ['other.org', 'example.org'], true, true],
  [one, ['other.org'], false, false],
  [one, [], false, false],
  ['', ['example.org'], false, false],
  [one, ['www.example.org'], false, false],
  [two, ['www.example.org'], true, false],
  [two, ['www.example.org', 'example.org'], true, true],
  [`${two}, DNS:other.org`, ['example.org', 'www.example.org'], true, false],
  [wild, ['www.example.org'], true, false],
  [wild, ['*.example.org'], true, true],
  [wild, ['example.org'], false, false],
  [wild, ['a.b.example.org'], false, false],
  [wild, ['wwwexample.org'], false, false],
  ['DNS:www.example.org', ['*.example.org'], false, true],
  ['DNS:*.org', ['example.org'], true, false],
  ['IP Address:10.0.0.1, email:a@example.org', ['example.org'], false, false],
  ['URI:DNS:example.org', ['example.org'], false, false],
]
for (const [names, domains, any, only] of table) {
  test(`coversAny() and coversOnly() of ${names || 'no names'} for ${domains.join(', ') || 'none'}`, () => {
    assert.deepEqual([coversAny(names, domains), coversOnly(names, domains)], [any, only])
  })
}
