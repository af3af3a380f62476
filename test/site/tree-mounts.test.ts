import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { listTree } from '../../lib/site/tree.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { hearingShell } from '../support/shell.ts'

if (inOwnMounts(import.meta.filename)) {
  test('a site that is a mount can be unmounted once it was listed, where mounts are shared as systemd has them', async () => {
    const host = hostIn(ownFolder('tree-mounts'))
    const { shell } = hearingShell()
    const mount = (...words: string[]) => execFileSync('mount', words)
    mkdirSync(host.vhosts)
    mount('-t', 'tmpfs', 'vhosts', host.vhosts)
    mount('--make-shared', host.vhosts)
    try {
      const site = siteOf(host, 'blog')
      mkdirSync(site.folder)
      for (const isThere of [true, false]) {
        mount('-t', 'tmpfs', 'blog', site.folder)
        writeFileSync(join(site.folder, 'file'), '')
        const asked = isThere ? site : { ...site, folder: `${site.folder}/none` }
        assert.equal((await listTree(host, asked, undefined, shell)) !== undefined, isThere)
        execFileSync('umount', [site.folder])
      }
    } finally {
      execFileSync('umount', ['--lazy', host.vhosts])
    }
  })
}
