import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { readState, stateFile, writeState } from '../../lib/host/state.ts'
import { ownFolder } from '../support/host.ts'

const host = { paths: { state: ownFolder('state') } } as Parameters<typeof readState>[0]
const schema = z.record(z.string(), z.object({ user: z.string(), at: z.number().exactOptional() }))
const write = (text: string): string => {
  mkdirSync(host.paths.state, { recursive: true })
  writeFileSync(stateFile(host, 'users'), text)
  return stateFile(host, 'users')
}

test('readState() gives what writeState() wrote, whatever its keys are called', () => {
  const users = fc.dictionary(
    fc.oneof(fc.constantFrom('version', 'value', 'paths'), fc.string({ maxLength: 8 })),
    fc.record({ user: fc.string(), at: fc.nat() }, { requiredKeys: ['user'], noNullPrototype: true }),
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(users, value => {
      fc.pre(!Object.hasOwn(value, '__proto__'))
      writeState(host, 'users', value)
      assert.deepEqual(readState(host, 'users', schema), value)
    }),
    { numRuns: 50 },
  )
})

test('readState() gives nothing where there is no file, and takes what earlier versions wrote without a version', () => {
  assert.equal(readState(host, 'none', schema), undefined)
  write('{ "blog": { "user": "wp" } }')
  assert.deepEqual(readState(host, 'users', schema), { blog: { user: 'wp' } })
  writeState(host, 'users', { blog: { user: 'wp' } })
  assert.equal(JSON.parse(readFileSync(stateFile(host, 'users'), 'utf8')).version, 1)
})

/** [what is in the file, what is said of it besides its path] */
const misfits: [string, string][] = [
  ['', 'is damaged: it is no JSON object; remove it to begin anew'],
  ['[]', 'is damaged: it is no JSON object; remove it to begin anew'],
  ['{ "blog": {', 'is damaged: it is no JSON object; remove it to begin anew'],
  [
    '{ "blog": { "user": 7 } }',
    'is damaged: blog.user: Invalid input: expected string, received number; remove it to begin anew',
  ],
  ['{ "version": 2, "blog": {} }', 'has version 2, this version of Holdfast reads 1'],
]
for (const [text, said] of misfits)
  test(`readState() of ${JSON.stringify(text)} says that the file ${said}`, () => {
    const file = write(text)
    assert.throws(() => readState(host, 'users', schema), { message: `${join(file)} ${said}` })
  })

test('readState() reads a file anew that was written meanwhile, in place too, and one that somebody removed', () => {
  for (const user of ['one', 'two', 'six']) {
    write(`{ "blog": { "user": "${user}" } }`)
    assert.deepEqual(readState(host, 'users', schema), { blog: { user } })
    assert.equal(readState(host, 'users', schema), readState(host, 'users', schema), 'it is parsed once')
  }
  rmSync(stateFile(host, 'users'))
  assert.equal(readState(host, 'users', schema), undefined)
})

test('readState() for one field reads no more of a file that begins without it, and else all of it', () => {
  const safeParse = (found: unknown) => z.looseObject({ alarm: z.string() }).safeParse(found)
  const wanted = { safeParse, field: 'alarm', without: { isCalm: true } }
  const file = write('')
  writeState(host, 'users', { isCalm: true, seen: '"alarm"' })
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.slice(0, -3))
  assert.equal(readState(host, 'users', wanted), undefined)
  assert.throws(() => readState(host, 'users', schema), /is damaged/)
  for (const all of [{ alarm: 'rung' }, { seen: null, alarm: 'rung' }]) {
    writeState(host, 'users', all)
    assert.deepEqual(readState(host, 'users', wanted), all)
  }
  writeFileSync(file, text.replace('true,', 'tru "alarm"'))
  assert.throws(() => readState(host, 'users', wanted), /is damaged/)
})

test('no two things that are remembered of each site have one file', () => {
  const lib = join(import.meta.dirname, '../../lib')
  const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
  const texts = files.map(name => readFileSync(join(lib, name), 'utf8'))
  const names = texts.flatMap(text => [...text.matchAll(/memoryOfSites\(\s*'([^']*)'/g)].map(([, name]) => name!))
  assert.ok(names.length > 2)
  assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted())
})
