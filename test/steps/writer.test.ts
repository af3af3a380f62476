import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import { checkWriter, type WriterRequest } from '../../lib/steps/archive.ts'
import type { Archive } from '../../lib/store/archive.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { hostIn, NO_REQUEST, ownFolder } from '../support/host.ts'
import { notesOf, outcomeOf, perform } from '../support/perform.ts'

/** HOLDFAST_RACES=1000 has as many; a few without. */
const RACES = Number(process.env.HOLDFAST_RACES ?? 15)
const folder = ownFolder('writer')
const chain = recipe<Needs<'host' | 'request' | 'archive'> & WriterRequest>().do(checkWriter)

/** A machine called web1 with a state of its own, and an archive. */
function machine(name: string, archive: string) {
  const root = join(folder, archive)
  mkdirSync(root, { recursive: true })
  writeFileSync(join(root, '.holdfast-identity'), 'id')
  const place = { base: root, way: '', identity: 'id' }
  const host = hostIn(join(folder, name))
  const facts = { host, request: NO_REQUEST, archive: { kind: 'folder', root, place } as unknown as Archive }
  return { state: host.paths.state, run: (more: object = {}) => perform(chain, { ...facts, newMachine: false, ...more }) }
}
const reasonOf = async (run: ReturnType<ReturnType<typeof machine>['run']>) => outcomeOf(await run, 'writer').reason
const marks = (archive: string): string[] => readdirSync(join(folder, archive, '.holdfast-writer-web1'))

test('checkWriter leaves another word at every run, and none in a dry run', async () => {
  const one = machine('one', 'a')
  assert.equal(await reasonOf(one.run({ request: { ...NO_REQUEST, dryRun: true } })), undefined)
  assert.deepEqual(readdirSync(join(folder, 'a')), ['.holdfast-identity'])
  const words = new Set<string>()
  for (let run = 0; run < 3; run++) {
    assert.equal(await reasonOf(one.run()), undefined)
    words.add(marks('a').join())
  }
  assert.equal(words.size, 3)
  assert.deepEqual(readdirSync(join(folder, 'a')), ['.holdfast-identity', '.holdfast-writer-web1'])
})

test('checkWriter refuses a clone once the other has written, and --new-machine says which goes on', async () => {
  const [original, clone] = [machine('original', 'b'), machine('clone', 'b')]
  await original.run()
  cpSync(original.state, clone.state, { recursive: true })
  assert.equal(await reasonOf(original.run()), undefined)
  assert.match(
    (await reasonOf(clone.run()))!,
    /^another machine \(\w{8}\) has written .* as web1 since .* on the machine that is to go on as web1: nightly --new-machine$/,
  )
  assert.equal(await reasonOf(original.run()), undefined)
  assert.match(notesOf(await clone.run({ newMachine: true }))[0]!, /^significant: from now on this machine is the one/)
  assert.match((await reasonOf(original.run()))!, /has written/)
  assert.equal(await reasonOf(clone.run()), undefined)
})

test('checkWriter goes on after a run that was cut off between the archive and the state, and after the state was lost', async () => {
  const one = machine('cut', 'c')
  await one.run()
  const before = join(folder, 'before')
  cpSync(one.state, before, { recursive: true })
  await one.run()
  // what the state is when the word is in the archive and not yet remembered: the new word is the next one
  const memory = JSON.parse(readFileSync(join(before, 'writers.json'), 'utf8'))['web1 in id']
  writeFileSync(join(one.state, 'writers.json'), JSON.stringify({ 'web1 in id': { ...memory, next: marks('c')[0] } }))
  assert.equal(await reasonOf(one.run()), undefined)
  rmSync(one.state, { recursive: true })
  assert.equal(await reasonOf(one.run()), undefined)
})

test('checkWriter tells that the archive was restored, and goes on', async () => {
  const one = machine('restored', 'd')
  await one.run()
  cpSync(join(folder, 'd'), join(folder, 'snapshot'), { recursive: true })
  await one.run()
  await one.run()
  rmSync(join(folder, 'd'), { recursive: true })
  cpSync(join(folder, 'snapshot'), join(folder, 'd'), { recursive: true })
  assert.match(notesOf(await one.run())[0]!, /^warning: the archive is as it was some runs of web1 ago/)
  assert.equal(await reasonOf(one.run()), undefined)
})

test('checkWriter lets a host that was renamed be called as before again', async () => {
  const one = machine('renamed', 'g')
  const other = { host: { ...hostIn(join(folder, 'renamed')), name: 'www1' } }
  for (const as of [{}, other, {}, other, {}]) assert.equal(await reasonOf(one.run(as)), undefined)
})

test('checkWriter follows no link in place of its folder', async () => {
  const one = machine('linked', 'e')
  mkdirSync(join(folder, 'elsewhere'))
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'e', '.holdfast-writer-web1'))
  assert.match(notesOf(await one.run())[0]!, /^problem: web1 can leave no mark/)
  assert.deepEqual(readdirSync(join(folder, 'elsewhere')), [])
})

test(`of two clones that run in the same second one goes on, ${RACES} times`, async () => {
  const [first, second] = [machine('first', 'f'), machine('second', 'f')]
  for (let race = 0; race < RACES; race++) {
    rmSync(join(folder, 'f', '.holdfast-writer-web1'), { recursive: true, force: true })
    rmSync(first.state, { recursive: true, force: true })
    await first.run()
    rmSync(second.state, { recursive: true, force: true })
    cpSync(first.state, second.state, { recursive: true })
    const reasons = await Promise.all([first, second].map(one => reasonOf(one.run())))
    assert.equal(reasons.filter(reason => reason === undefined).length, 1, reasons.join('\n'))
    assert.equal(marks('f').length, 1)
  }
})
