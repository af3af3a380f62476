import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAllRead, pathsToRecord, type Skipped, unreadOf, unreadText } from '../../lib/core/unread.ts'

const said = (path: string, more: Partial<Skipped> = {}): Skipped => ({ path, text: `Error accessing ${path}`, ...more })
const always = (): boolean => true

test('unreadOf() names each path once, from the source on, and those of which only a part was saved', () => {
  const skipped = [said('/s/b'), said('a'), said('/s/b', { isTorn: true })]
  assert.deepEqual(unreadOf('/s', skipped, 0, always), { paths: ['a', 'b'], torn: ['b'], unnamed: 0 })
  assert.deepEqual(unreadOf('/', [said('/home/a')], 0, always).paths, ['home/a'])
})

test('unreadOf() leaves out what is gone meanwhile, but not the source itself', () => {
  const { paths } = unreadOf('/s', [said('/s/gone'), said('/s/there'), said('')], 0, path => path === 'there')
  assert.deepEqual(paths, ['', 'there'])
})

test('unreadOf() counts the errors that belong to no path', () => {
  const skipped = [said('/s/a', { isCounted: true }), said('/s/b')]
  assert.equal(unreadOf('/s', skipped, 3, always).unnamed, 2)
  assert.equal(unreadOf('/s', skipped, 0, always).unnamed, 0)
})

test('pathsToRecord() never records less than what was not read', () => {
  const path = fc.string({ minLength: 1 }).map(text => `/s/${text}`)
  fc.assert(
    fc.property(fc.array(path, { maxLength: 700 }), fc.nat(3), (paths, counted) => {
      const unread = unreadOf(
        '/s',
        paths.map(each => said(each)),
        counted,
        always,
      )
      const recorded = pathsToRecord(unread)
      assert.equal(recorded === undefined, isAllRead(unread))
      const isKept = (each: string): boolean => recorded!.includes('') || recorded!.includes(each)
      assert.ok(unread.paths.every(isKept))
      if (unread.unnamed > 0) assert.deepEqual(recorded, [''])
      assert.ok((recorded ?? []).length <= 500)
    }),
    { numRuns: 50 },
  )
})

test('unreadText() names twenty and counts the rest', () => {
  const paths = Array.from({ length: 25 }, (_, index) => `f${index}`)
  assert.match(unreadText({ paths, torn: [], unnamed: 2 }), /: f0, .*f19, 7 more\. Replicas keep/)
})
