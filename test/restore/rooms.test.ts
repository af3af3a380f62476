import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Demand, type Disk, type Stage, stagesBeside } from '../../lib/core/room.ts'
import { giveRoomBack, takeRoom } from '../../lib/restore/disk-space.ts'

const disk = (free: number): Disk => ({ path: '/srv', device: '1', free, keepsSize: true })
const needs = (bytes: number, free = 100): Demand => ({ disk: disk(free), least: bytes, about: bytes })
const seen = (bytes: number, free = 100): { stages: Stage[] } => ({ stages: [[needs(bytes, free)]] })
const aMoment = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('stagesBeside() takes each stage together with each of the others', () => {
  const [one, two, three, four] = [needs(1), needs(2), needs(3), needs(4)]
  assert.deepEqual(stagesBeside([[one], [two]], []), [[one], [two]])
  assert.deepEqual(stagesBeside([[one], [two]], [[]]), [[one], [two]])
  assert.deepEqual(stagesBeside([[one], [two]], [[[three], [four]]]), [
    [one, three],
    [one, four],
    [two, three],
    [two, four],
  ])
})

test('takeRoom() lets two restores that fit together work at once', async () => {
  await takeRoom('a', async () => seen(40))
  await takeRoom('b', async () => seen(60))
  for (const site of ['a', 'b']) giveRoomBack(site)
})

test('takeRoom() has one that does not fit beside another wait for its end, and look again', async () => {
  const free = { bytes: 100 }
  await takeRoom('a', async () => seen(60, free.bytes))
  let found: { stages: Stage[] } | undefined
  const second = takeRoom('b', async () => seen(60, free.bytes)).then(result => {
    found = result
  })
  await aMoment()
  assert.equal(found, undefined)
  free.bytes = 90
  giveRoomBack('a')
  await second
  assert.equal(found!.stages[0]![0]!.disk.free, 90)
  giveRoomBack('b')
})

test('takeRoom() never waits where nothing is under way, be it too large', async () => {
  assert.ok(await takeRoom('a', async () => seen(1000)))
  assert.ok(await takeRoom('a', async () => seen(1000)))
  giveRoomBack('a')
  assert.equal(await takeRoom('b', async () => undefined), undefined)
  giveRoomBack('b')
})
