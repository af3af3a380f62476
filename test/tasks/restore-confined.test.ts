import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { craftSet, type Entry, injectEntries } from '../support/crafted-set.ts'
import { withDuplicity3 } from '../support/duplicity3.ts'
import { encryptSet } from '../support/encrypt-set.ts'
import { gpgPerson, makeKey } from '../support/gpg-key.ts'
import { ownFolder } from '../support/host.ts'
import { recover } from '../support/recovery-stage.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, PASSPHRASE, Stage, type StageHost, troubles } from '../support/stage.ts'

/** Who has the passphrase or the key of an archive makes sets of their own: another host that was taken over. */
const folder = ownFolder('confined')
const isRoot = process.geteuid?.() === 0
const person = gpgPerson()
let key: string
before(() => {
  key = makeKey(person)
})

interface Case {
  readonly name: string
  readonly env: () => Promise<NodeJS.ProcessEnv>
  readonly encryption: () => HostFile['encryption']
}
const cases: readonly Case[] = (['0.8.22', '3.0.4'] as const).flatMap(version =>
  (['passphrase', 'key'] as const).map(kind => ({
    name: `duplicity ${version} and a ${kind}`,
    env: async () => ({ ...(version === '3.0.4' ? await withDuplicity3() : process.env), GNUPGHOME: person.home }),
    encryption: () =>
      kind === 'key' ? { kind: 'gpg' as const, key } : { kind: 'passphrase' as const, secret: 'PP', generated: true },
  })),
)

for (const [index, { name, env, encryption }] of cases.entries()) {
  test(`a set of another's making writes nowhere but into its tree, and gives nobody's rights: ${name}`, {
    skip: !isRoot && 'only root restores owners',
  }, async () => {
    const stage = new Stage(join(folder, String(index)))
    const host = stage.addHost('web1', { encryption: encryption() } as object)
    mkdirSync(join(host.folder, 'run'))
    const [shop, other] = ['shop', 'other'].map(site => makeSite(host, site)) as [string, string]
    const environment = await env()
    assert.equal((await stage.nightly(host, [], environment)).code, 0)
    const archive = join(stage.archive, 'shop')

    /** Restores a set with these entries; what is around the site stays as it was. */
    const restoreOf = async (entries: readonly Entry[]) => {
      await craftSet(shop, archive)
      await injectEntries(archive, entries)
      const gpg =
        encryption()?.kind === 'gpg'
          ? { words: ['--encrypt', `--recipient=${key}`] }
          : { words: ['--symmetric', '--passphrase-fd=0'], input: PASSPHRASE }
      encryptSet(archive, { ...gpg, env: { ...environment, GNUPGHOME: person.home } })
      rmSync(join(host.folder, 'cache', 'duplicity', 'shop.restore'), { recursive: true, force: true })
      const was = around()
      const told = await recover(stage, host, 'shop', [], environment)
      assert.deepEqual(around(), was)
      return told
    }
    /** All that the next backup of another site, and root, rely on. */
    const around = () => ({
      home: { ...snapshot(person.home), '': 'gpg locks its files there' },
      other: snapshot(other),
      cache: snapshot(join(host.folder, 'cache', 'duplicity', 'other.backup')),
      archive: snapshot(join(stage.archive, 'other')),
      run: snapshot(join(host.folder, 'run')),
      memory: existsSync('/dev/shm/holdfast-planted'),
    })

    const targets = [
      [person.home, 'gpg.conf'],
      ['/tmp/gnupg', 'gpg.conf'],
      [join(host.folder, 'cache', 'duplicity', 'other.backup'), 'planted'],
      [join(host.folder, 'run'), 'planted'],
      ['/dev/shm', 'holdfast-planted'],
    ] as const
    for (const [target, file] of index === 0 ? targets : targets.slice(0, 1)) {
      const told = await restoreOf([
        { name: 'SITE/zz', kind: 'link', target },
        { name: `SITE/zz/${file}`, kind: 'file', text: 'no-such-option of an attacker\n' },
      ])
      assert.match(troubles(told).join('\n'), /a symbolic link stands where a folder has to be/, target)
    }

    const rights = [
      { name: 'SITE/zz-own', kind: 'file', mode: '6755', uid: 33, gid: 33, text: 'x' },
      { name: 'SITE/zz-root', kind: 'file', mode: '4755', text: 'x' },
      { name: 'SITE/zz-shadow', kind: 'file', mode: '2755', uid: 33, gid: 42, text: 'x' },
    ] as const
    const told = await restoreOf(rights)
    assert.deepEqual(troubles(told), [])
    const notes = told.outcomes.flatMap(outcome => outcome.notes.map(note => note.text))
    assert.match(notes.join('\n'), /setuid and setgid bits are cleared: .*SITE\/zz-root/)
    for (const { name: path } of rights) assert.equal((statSync(join(shop, path)).mode & 0o7777).toString(8), '755', path)
    const device = await restoreOf([{ name: 'SITE/zzz', kind: 'device', mode: '666' }])
    const left = device.outcomes.flatMap(outcome => outcome.notes.map(note => note.text))
    assert.match(left.join('\n'), /a device is not restored, and nothing stands in its place: .*SITE\/zzz/)

    // the next backup of another site holds what the site holds
    writeFileSync(join(other, 'SITE', 'page'), 'after the attack')
    assert.equal((await stage.nightly(host, ['--site', 'other'], environment)).code, 0)
    const into = join(host.folder, 'look')
    assert.equal((await recover(stage, host, 'other', ['--into', into], environment)).code, 0)
    assert.equal(readFileSync(join(into, 'SITE', 'page'), 'utf8'), 'after the attack')
  })
}

function makeSite(host: StageHost, name: string): string {
  const site = join(host.vhosts, name)
  mkdirSync(join(site, 'SITE'), { recursive: true })
  writeFileSync(join(site, 'SITE', 'page'), 'as it was')
  symlinkSync('page', join(site, 'SITE', 'link'))
  claim(site, host)
  return site
}
