import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDomainName, overlaps } from '../../lib/core/domain-name.ts'

/** A claim, what another site answers to, and whether a request could be for both. */
const TABLE: [string, string, boolean][] = [
  ['shop.example', 'shop.example', true],
  ['shop.example', 'SHOP.example', true],
  ['shop.example', 'xshop.example', false],
  ['shop.example', '*.example', true],
  ['a.shop.example', '*.example', true],
  ['shop.example', '.shop.example', true],
  ['shop.example', '*.shop.example', false],
  ['shop.example', '*', true],
  ['shop.example', 'shop.*', true],
  ['shop.example', 'sho?.example', true],
  ['shop.example', 'shop.exampl', false],
  ['shopxexample', 'shop.example', false],
  ['*.example', 'shop.example', true],
  ['*.example', 'example', false],
  ['.example', 'example', true],
  ['*.example', '*.shop.example', true],
  ['*.shop.example', '*.example', true],
  ['*.shop.example', '*.other.example', false],
  ['*.shop.example', 'myshop.example', false],
  ['*.shop.example', 'www.*', true],
]
for (const [claim, pattern, expected] of TABLE) {
  test(`overlaps() of "${claim}" with "${pattern}": ${expected}`, () => assert.equal(overlaps(claim, pattern), expected))
}

test('isDomainName() knows names and wildcards in front, and nothing else', () => {
  for (const name of ['a', 'shop.example', '*.shop.example', '.shop.example', 'x_y.example', 'xn--mnchen-3ya.de'])
    assert.ok(isDomainName(name), name)
  for (const name of [
    '',
    '*',
    '.',
    '*.',
    'a..b',
    'a.*',
    'a*b',
    '-a',
    '~^a$',
    'a b',
    'ä.de',
    'A.de',
    'a:80',
    `${'a.'.repeat(150)}a`,
  ])
    assert.ok(!isDomainName(name), name)
})
