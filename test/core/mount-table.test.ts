import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isMountPoint, mountsOnTheWay, mountsWithin } from '../../lib/core/path.ts'

const TABLE = `22 28 0:21 / /sys rw,nosuid - sysfs sysfs rw
28 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
40 28 0:45 / /mnt/nas rw - nfs4 nas:/export rw
41 28 0:46 /sub /mnt/a\\040b\\011c\\134d rw master:1 - ext4 /dev/sdb1 rw
42 28 0:47 / /mnt/é rw - tmpfs tmpfs rw
`
const table: [string, boolean][] = [
  ['/', true],
  ['/mnt/nas', true],
  ['/mnt/nas/', true],
  ['/mnt/nas//', true],
  ['/mnt', false],
  ['/mnt/na', false],
  ['/mnt/nas/folder', false],
  ['/sub', false],
  ['/mnt/a b\tc\\d', true],
  ['/mnt/é', true],
]
for (const [path, is] of table)
  test(`isMountPoint() says ${is} of ${JSON.stringify(path)}`, () => assert.equal(isMountPoint(TABLE, path), is))

/** [path, the mount points at it or below it]. */
const within: [string, string[]][] = [
  ['/mnt/nas', ['/mnt/nas']],
  ['/mnt/nas/', ['/mnt/nas']],
  ['/mnt', ['/mnt/nas', '/mnt/a b\tc\\d', '/mnt/é']],
  ['/mnt/na', []],
  ['/mnt/nas/folder', []],
  ['/', ['/sys', '/', '/mnt/nas', '/mnt/a b\tc\\d', '/mnt/é']],
]
for (const [path, points] of within)
  test(`mountsWithin() finds ${points.length} at or below ${path}`, () => assert.deepEqual(mountsWithin(TABLE, path), points))

test('mountsOnTheWay() finds what lies between a folder and a path in it, neither of the two', () => {
  assert.deepEqual(mountsOnTheWay(TABLE, '/mnt', '/mnt/nas/a/b'), ['/mnt/nas'])
  assert.deepEqual(mountsOnTheWay(TABLE, '/mnt', '/mnt/nas'), [])
  assert.deepEqual(mountsOnTheWay(TABLE, '/mnt', '/mnt/nasty/a'), [])
  assert.deepEqual(mountsOnTheWay(TABLE, '/mnt/nas', '/mnt/nas/a'), [])
})

test("isMountPoint() reads this machine's own table", () => {
  const own = readFileSync('/proc/self/mountinfo', 'utf8')
  assert.equal(isMountPoint(own, '/proc'), true)
  assert.equal(isMountPoint(own, '/proc/self/no such'), false)
})
