import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BadInput } from '../../lib/core/bad-input.ts'
import { readSearch } from '../../lib/restore-test/search.ts'

const NOW = Date.parse('2026-02-01T00:00:00Z')
const read = (values: object) => readSearch({ site: ['blog'], path: [], ...values }, NOW)

test('readSearch() reads what is looked for', () => {
  assert.deepEqual(read({ expect: 'Basket', path: ['/shop/'], before: '2026-01-05T03:00:00Z' }), {
    ...{ expect: 'Basket', paths: ['/shop/'], file: undefined, judge: undefined },
    before: Date.parse('2026-01-05T03:00:00Z'),
  })
  assert.equal(read({ file: './SITE//index.php' }).file, 'SITE/index.php')
})

const REFUSED: readonly (readonly [object, RegExp])[] = [
  [{ site: [] }, /--site: found none/],
  [{ site: ['a', 'b'] }, /--site: found 2/],
  [{ file: 'a', expect: 'b' }, /--file needs no restore/],
  [{ file: 'a', judge: '/bin/true' }, /--file needs no restore/],
  [{ judge: '/nowhere' }, /--judge \/nowhere: wanted a program/],
  [{ judge: '/bin/true', expect: 'b' }, /--judge says what works/],
  [{ file: 'a', path: ['/'] }, /--file needs no restore/],
  [{ file: '/etc/passwd' }, /wanted a file in the site's folder/],
  [{ file: 'SITE/../..' }, /wanted a file in the site's folder/],
  [{ path: ['shop'] }, /wanted a path such as/],
  [{ path: ['/a b'] }, /wanted a path such as/],
  [{ before: 'yesterday-ish' }, /--before/],
]
for (const [values, why] of REFUSED)
  test(`readSearch() refuses ${JSON.stringify(values)}`, () =>
    assert.throws(
      () => read(values),
      (error: Error) => error instanceof BadInput && why.test(error.message),
    ))
