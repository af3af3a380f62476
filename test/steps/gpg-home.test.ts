import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import { gpgAgent } from '../../lib/steps/gpg.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { perform, story } from '../support/perform.ts'

test("gpg's home of earlier versions is removed where a passphrase encrypts", async () => {
  const host = hostIn(ownFolder('gpg-home'), { encryption: { kind: 'passphrase', secret: 'PP', generated: true } } as object)
  const old = join(host.paths.state, 'gnupg')
  mkdirSync(old, { recursive: true })
  writeFileSync(join(old, 'pubring.kbx'), 'old')
  const { outcomes } = await perform(recipe<{ host: typeof host }>().hold(gpgAgent), { host })
  assert.deepEqual(story(outcomes), ['gpg-agent up done', 'gpg-agent down done'])
  assert.deepEqual([existsSync(old), existsSync(join(host.paths.cache, 'gnupg'))], [false, true])
})
