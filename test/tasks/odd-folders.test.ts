import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { quickFolder } from '../support/quick-folder.ts'
import { runTask } from '../support/recovering.ts'
import { claim, Stage, troubles, verdicts } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

// before the folder is removed, so it is said first
after(() => execFileSync('sh', ['-c', 'chattr -R -f -i -a "$1"; true', 'end', folder]))
const folder = quickFolder('odd')

test('one odd folder never stops the others: each is told by its name', async () => {
  const stage = new Stage(join(folder, 'others'))
  const exclude = {
    none: [],
    all: ['**'],
    root: ['SITE'],
    inside: ['SITE/*'],
    dump: ['.holdfast'],
    fine: ['SITE/*.log', 'SITE/cache'],
  }
  const host = stage.addHost('web1', {
    sites: Object.fromEntries(Object.entries(exclude).map(([name, list]) => [name, { exclude: list }])),
  })
  const web2 = stage.addHost('web2')
  for (const name of Object.keys(exclude)) await createStaticSite(host, name)
  const odd = (name: string, make: (folder: string) => void): void => {
    const path = join(host.vhosts, name)
    mkdirSync(path)
    make(path)
    claim(path, host)
  }
  odd('a-loop', path => symlinkSync('SITE', join(path, 'SITE')))
  odd('b-outside', path => symlinkSync('/etc', join(path, 'SITE')))
  odd('c-file', path => writeFileSync(join(path, 'SITE'), ''))
  odd('d-nowhere', path => symlinkSync('releases/1', join(path, 'SITE')))
  const marked = await createStaticSite(host, 'e-marker')
  rmSync(join(marked, 'PRIMARY_IS_web1'))
  mkdirSync(join(marked, 'PRIMARY_IS_web1'))
  writeFileSync(join(marked, 'PRIMARY_IS_web1', 'in it'), '')
  execFileSync('sh', [
    '-c',
    'mkdir -p "$1/$(printf "caf\\351")/SITE" && touch "$1/$(printf "caf\\351")/PRIMARY_IS_web1"',
    'odd',
    host.vhosts,
  ])
  mkdirSync(stage.archive)
  writeFileSync(join(stage.archive, 'fine'), 'somebody put a file where its sets go')
  mkdirSync(join(stage.archive, 'none', 'PRIMARY_IS_web1'), { recursive: true })

  const night = await stage.told(host)
  assert.deepEqual(troubles(night), [
    'a-loop check-folder: SITE is a loop of links (to SITE). It is not backed up',
    'all check-folder: sites.all.exclude: "**" leaves out SITE. It is not backed up',
    "b-outside check-folder: SITE is a link out of the site's folder (to /etc), where nothing is backed up: move what it leads to into the site's folder. It is not backed up",
    'c-file check-folder: SITE is no folder. It is not backed up',
    'd-nowhere check-folder: SITE is a link that leads nowhere (to releases/1). It is not backed up',
    'dump check-folder: sites.dump.exclude: ".holdfast" leaves out the dump of its database (.holdfast). It is not backed up',
    `fine status: ${stage.archive}/fine is a file, wanted a folder`,
    'inside check-folder: sites.inside.exclude: "SITE/*" leaves out all that is in SITE. It is not backed up',
    'root check-folder: sites.root.exclude: "SITE" leaves out SITE. It is not backed up',
  ])
  assert.match(night.stdout, /other than UTF-8, and what is in it is left alone: caf/)
  assert.ok(globSync(join(stage.archive, '{none,e-marker}/*manifest*')).length === 2)
  const replay = await stage.told(web2)
  assert.deepEqual(verdicts(replay), [])
  assert.ok(existsSync(join(web2.vhosts, 'e-marker/SITE')))
})

test('a SITE that is a link within the folder is restored as it was; what cannot be brought back is told, and keeps nothing from being restored or removed', async () => {
  const stage = new Stage(join(folder, 'deployer'))
  const host = stage.addHost('web1', {
    keepPrevious: 1,
    sites: { blog: { exclude: ['releases/*/cahce', 'releases/1'] } },
  } as object)
  const site = await createStaticSite(host, 'blog')
  mkdirSync(join(site, 'releases'))
  renameSync(join(site, 'SITE'), join(site, 'releases/2'))
  symlinkSync('releases/2', join(site, 'SITE'))
  const root = join(site, 'releases/2')
  execFileSync('mknod', [join(root, 'null'), 'c', '1', '3'])
  execFileSync('python3', ['-c', 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])', join(root, 'sock')])
  writeFileSync(join(root, 'locked.php'), 'locked')
  for (const path of [join(root, 'locked.php'), root]) execFileSync('chattr', ['+i', path])

  const night = await stage.told(host)
  assert.deepEqual(verdicts(night), [])
  assert.match(night.stdout, /sites\.blog\.exclude: nothing that \\"releases\/\*\/cahce\\" matches is there/)
  assert.match(night.stdout, /devices and sockets are not restored: releases\/2\/null; releases\/2\/sock/)
  assert.match(night.stdout, /\(chattr \+i, \+a\) are not restored: releases\/2; releases\/2\/locked\.php/)

  execFileSync('chattr', ['+i', site])
  const recovered = await runTask(stage, 'recover', host, ['--site', 'blog', '--yes'])
  assert.equal(recovered.code, 0, recovered.stdout + recovered.stderr)
  assert.match(recovered.stdout, /a device is not restored, and nothing stands in its place: releases\/2\/null/)
  assert.equal(readlinkSync(join(site, 'SITE')), 'releases/2')
  assert.equal(readFileSync(join(site, 'SITE/locked.php'), 'utf8'), 'locked')
  assert.equal(lstatSync(join(site, 'SITE/null'), { throwIfNoEntry: false }), undefined)

  execFileSync('chattr', ['+i', root])
  writeFileSync(join(site, 'releases/other'), '')
  const piece = await runTask(stage, 'recover', host, ['--site', 'blog', '--yes', '--path', 'releases/2/locked.php'])
  assert.equal(piece.code, 0, piece.stdout + piece.stderr)
  const kept = globSync(join(host.vhosts, '.holdfast/blog/*'))
  assert.ok(kept.length > 0)
  const journal = join(host.folder, 'state/restores/blog.json')
  const aged = readFileSync(journal, 'utf8').replace(
    /"startedAt": (\d+)/g,
    (_, time) => `"startedAt": ${time - 400 * 86_400_000}`,
  )
  writeFileSync(journal, aged)
  const next = await stage.told(host)
  assert.deepEqual(verdicts(next), [])
  assert.deepEqual(globSync(join(host.vhosts, '.holdfast/blog/*')), [])
})
