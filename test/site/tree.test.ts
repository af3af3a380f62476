import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Site } from '../../lib/host/site.ts'
import { siteState, stateFile } from '../../lib/host/state.ts'
import { copiesOf, listTree, rememberTree } from '../../lib/site/tree.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

// before the folder is removed, so it is said first
after(() => execFileSync('chattr', ['-R', '-i', marked]))
const marked = ownFolder('marked')

test('listTree() sees what is marked as unchangeable, in a folder that is as it was too', async () => {
  const [host, { shell }] = [hostIn(marked), hearingShell()]
  const site = siteOf(host, 'blog')
  const [file, folder] = [join(site.folder, 'SITE/locked.php'), join(site.folder, 'SITE/dir')]
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, '')
  const look = async () => {
    const tree = (await listTree(host, site, 1000, shell))!
    return { ...tree, differs: tree.change?.differs, marks: tree.special.map(({ path }) => path).toSorted() }
  }
  const chattr = (...words: string[]) => execFileSync('chattr', words)

  chattr('+i', file)
  const first = await look()
  assert.deepEqual([first.differs, first.marks], [undefined, ['SITE/locked.php']])
  rememberTree(host, site, 1000, first)

  const second = await look()
  assert.deepEqual([second.differs, second.marks, second.listing], [false, ['SITE/locked.php'], undefined])
  chattr('+i', folder)
  assert.deepEqual((await look()).marks, ['SITE/dir', 'SITE/locked.php'])
  chattr('-i', folder)
  assert.deepEqual((await look()).marks, ['SITE/locked.php'])
  chattr('-i', file)
  const last = await look()
  assert.deepEqual([last.differs, last.marks], [true, []])
})

test('listTree() lists no folder that is as it was, and sees what changed behind a time and a size that did not', async () => {
  const commands: string[] = []
  const [host, { shell }] = [
    hostIn(ownFolder('same')),
    hearingShell({ command: ({ line }) => void (line.startsWith('bwrap') && commands.push(line)) }),
  ]
  const site = siteOf(host, 'blog')
  const at = (name: string): string => join(site.folder, name)
  const write = (name: string, text: string): void => {
    writeFileSync(at(name), text)
    utimesSync(at(name), 1000, 1000)
  }
  for (const name of ['SITE/in', '.holdfast/database.tables']) mkdirSync(at(name), { recursive: true })
  for (const name of ['SITE/one', 'SITE/in/two', '.holdfast/saved']) write(name, 'text')
  symlinkSync('one', at('SITE/link'))
  const look = async () => (await listTree(host, site, 1000, shell))!
  /** Whether it differs, and by how many commands that was found. */
  const found = async () => {
    commands.length = 0
    return [(await look()).change?.differs, commands.length]
  }
  rememberTree(host, site, 1000, await look())
  assert.deepEqual(await found(), [false, 1])

  // a folder in which something was made and removed holds what it held, and is known again after that
  writeFileSync(at('SITE/in/passing'), '')
  rmSync(at('SITE/in/passing'))
  assert.deepEqual(
    [await found(), await found()],
    [
      [false, 1],
      [false, 1],
    ],
  )
  // what is written anew every night has its time
  rmSync(at('.holdfast/saved'))
  write('.holdfast/saved', 'text')
  assert.deepEqual(await found(), [false, 1])
  write('.holdfast/database.tables/table.sql', 'text')
  assert.deepEqual(await found(), [true, 1])
  rememberTree(host, site, 1000, await look())

  for (const change of [
    () => write('SITE/one', 'TEXT'),
    () => {
      rmSync(at('SITE/link'))
      symlinkSync('two', at('SITE/link'))
    },
    () => {
      renameSync(at('SITE'), at('was'))
      cpSync(at('was'), at('SITE'), { recursive: true, preserveTimestamps: true })
      rmSync(at('was'), { recursive: true })
    },
    () => chmodSync(at('SITE/in/two'), 0o600),
    () => writeFileSync(at('SITE/in/new\nline'), ''),
    () => rmSync(at('SITE/in/two')),
  ]) {
    change()
    assert.deepEqual(await found(), [true, 1], change.toString())
    rememberTree(host, site, 1000, await look())
    assert.deepEqual(await found(), [false, 1])
  }
})

test('listTree() finds what was marked since among many that were not, and whose mark went among those that have one', async () => {
  const [host, { shell }] = [hostIn(marked), hearingShell()]
  const site = siteOf(host, 'many')
  mkdirSync(join(site.folder, 'SITE'), { recursive: true })
  const chattr = (sign: string, name: string) => execFileSync('chattr', [sign, join(site.folder, 'SITE', name)])
  const look = async () => {
    const tree = (await listTree(host, site, 1000, shell))!
    rememberTree(host, site, 1000, tree)
    return tree.special.map(({ path }) => path).toSorted()
  }
  for (const name of ['a b', 'plain', 'other']) writeFileSync(join(site.folder, 'SITE', name), '')
  assert.deepEqual(await look(), [])
  writeFileSync(join(site.folder, 'SITE/plain'), 'changed')
  chattr('+i', 'a b')
  assert.deepEqual(await look(), ['SITE/a b'])
  chattr('+i', 'other')
  assert.deepEqual(await look(), ['SITE/a b', 'SITE/other'])
  for (const name of ['a b', 'other']) chattr('-i', name)
  assert.deepEqual(await look(), [])
})

test('listTree() tells of devices and sockets, whatever their names', async () => {
  const { host, site, shell } = await remembered('devices')
  const at = (name: string): string => join(site.folder, 'SITE', name)
  execFileSync('mknod', [at('a\nnull'), 'c', '1', '3'])
  execFileSync('mkfifo', [at('pipe')])
  await using server = createServer()
  await once(server.listen(at('a sock')), 'listening')
  const { special, change } = (await listTree(host, site, 1000, shell))!
  assert.deepEqual(
    special.map(({ kind, path }) => [kind, path]),
    [
      ['device', 'SITE/a\nnull'],
      ['socket', 'SITE/a sock'],
    ],
  )
  assert.equal(change?.differs, true)
})

test('listTree() of a site that is a link, of a memory that is damaged, and of a folder that is gone', async () => {
  const { host, site, shell } = await remembered('odd')
  renameSync(site.folder, `${site.folder}.real`)
  symlinkSync(`${site.folder}.real`, site.folder)
  assert.equal((await listTree(host, site, 1000, shell))?.change?.differs, false)
  writeFileSync(join(site.folder, 'SITE/new'), '')
  assert.equal((await listTree(host, site, 1000, shell))?.change?.differs, true)
  writeFileSync(join(host.paths.state, `${siteState('blog')}.list.gz`), 'no gzip')
  assert.equal(await listTree(host, site, 1000, shell), undefined)
  rmSync(site.folder)
  assert.equal(await listTree(host, site, 1000, shell), undefined)
})

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

/** A site whose folder is remembered as it is. */
async function remembered(name: string) {
  const host = hostIn(ownFolder(name))
  const site = siteOf(host, 'blog')
  mkdirSync(join(site.folder, 'SITE'), { recursive: true })
  const { shell } = hearingShell()
  rememberTree(host, site, 1000, await listTree(host, site, 1000, shell))
  return { host, site, shell }
}

test('listTree() remembers nothing in a dry run', async () => {
  const { host, site, shell } = await remembered('dry')
  writeFileSync(join(site.folder, 'SITE/passing'), '')
  rmSync(join(site.folder, 'SITE/passing'))
  const state = (): string => readFileSync(stateFile(host, siteState('blog')), 'utf8')
  const before = state()
  assert.equal((await listTree(host, site, 1000, hearingShell({ dry: true }).shell))!.change?.differs, false)
  assert.equal(state(), before)
  await listTree(host, site, 1000, shell)
  assert.notEqual(state(), before)
})

test('listTree() lists a site by itself where the program that is shown all sites cannot begin', async () => {
  const { host, site, shell } = await remembered('alone')
  const elsewhere = { ...host, vhosts: join(host.vhosts, 'dead') }
  assert.equal((await listTree(elsewhere, site, 1000, shell))!.change?.differs, false)
})
