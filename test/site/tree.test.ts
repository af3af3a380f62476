import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Site } from '../../lib/host/site.ts'
import { copiesOf } from '../../lib/site/tree.ts'
import { ownFolder } from '../support/host.ts'

test('copiesOf() takes plain files up to so many bytes together, and nothing that a site puts in their place', async () => {
  const folder = ownFolder('copies')
  const [site, scratch] = [join(folder, 'blog'), join(folder, 'scratch')]
  for (const each of [join(site, 'SITE/dir'), scratch]) mkdirSync(each, { recursive: true })
  writeFileSync(join(site, 'SITE/small'), 'x'.repeat(40))
  writeFileSync(join(site, 'SITE/grown'), 'x'.repeat(80))
  writeFileSync(join(site, 'SITE/other'), 'x'.repeat(50))
  symlinkSync('/etc/passwd', join(site, 'SITE/link'))
  symlinkSync('/etc', join(site, 'SITE/etc'))
  const paths = ['small', 'grown', 'link', 'etc/passwd', 'dir', 'gone', 'other'].map(name => `SITE/${name}`)
  const places = await copiesOf({ folder: site } as Site, paths, scratch, 100)
  assert.deepEqual(
    places.map(place => (typeof place === 'string' ? place : place.to)),
    ['small', 'other'].map(name => join(site, 'SITE', name)),
  )
  assert.equal(readdirSync(scratch).length, 2)
})
