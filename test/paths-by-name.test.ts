import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..')
const files = globSync('lib/**/*.ts', { cwd: ROOT }).toSorted()

/** Functions of node:fs that take a path: what the path leads to can be exchanged between two of them, or between a look and a use. */
const BY_NAME = new RegExp(
  `^(${[
    ...[
      'access',
      'appendFile',
      'chmod',
      'chown',
      'copyFile',
      'cp',
      'exists',
      'glob',
      'lchown',
      'link',
      'lstat',
      'lutimes',
      'mkdir',
    ],
    ...['open', 'opendir', 'readFile', 'readdir', 'readlink', 'realpath', 'rename', 'rm', 'rmdir', 'stat', 'symlink', 'truncate'],
    ...['unlink', 'utimes', 'watch', 'writeFile'],
  ].join('|')})(Sync)?$|^create(Read|Write)Stream$`,
)

/** The home of what a stranger can shape: opened once, below an opened folder, without following a link. */
const HOME = /^lib\/(host\/opened-|store\/share-)/
/** Programs of their own beside the nightly run: an administrator's first set-up, and stages for the demo and for tests. */
const BESIDE = /^lib\/(setup|demo|sandbox)\//

/** Files that use paths by their names all the same, by the reason for which nobody else can exchange what those lead to. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "Holdfast's own sources, which run as root as they are, and bundles of them in a folder that is proven to be the user's own": [
    'lib/bundle.ts',
    'lib/program/stack.ts',
    'lib/start.ts',
  ],
  "root's own folders of this host (state, logs, locks, cache, mail queue, scratch), which nobody else can enter": [
    'lib/host/scratch.ts',
    'lib/host/state.ts',
    'lib/host/whole-file.ts',
    'lib/program/log-file.ts',
    'lib/notify/mail-queue.ts',
    'lib/restore/approvals.ts',
    'lib/steps/seals.ts',
    'lib/duplicity/io/cut-off.ts',
    'lib/duplicity/io/collection.ts',
    'lib/steps/desktop.ts',
    'lib/duplicity/io/call.ts',
    'lib/duplicity/io/encryption.ts',
    'lib/host/locks.ts',
    'lib/duplicity/io/fresh-target.ts',
    'lib/duplicity/io/archive-dir.ts',
    'lib/site/prune-state.ts',
    'lib/duplicity/io/read-back.ts',
    'lib/store/archive-reader.ts',
    'lib/restore/journal.ts',
    'lib/steps/lock.ts',
    'lib/duplicity/io/signature-file.ts',
    'lib/host/records.ts',
    'lib/site/contents.ts',
    'lib/duplicity/io/unfinished-set.ts',
    'lib/replay/replay.ts',
    'lib/duplicity/io/withdraw.ts',
  ],
  "root's own folder of a restore, beside the sites, which nobody else can enter": [
    'lib/database/definitions-file.ts',
    'lib/database/dump-of-tables.ts',
    'lib/database/import.ts',
    'lib/database/importable.ts',
    'lib/database/make-definitions.ts',
    'lib/restore/kept-changes.ts',
    'lib/restore/left-behind.ts',
    'lib/restore-test/ask-restored.ts',
    'lib/restore-test/test-restore.ts',
    'lib/steps/restore.ts',
  ],
  'the companion folder, held open, which nobody else can enter; what a set brought there is removed and made anew': [
    'lib/host/companion.ts',
    'lib/steps/save.ts',
  ],
  'given the path of what is held open': [
    'lib/database/dump-file.ts',
    'lib/database/opened-dump.ts',
    'lib/restore/proposal.ts',
    'lib/site/tree.ts',
    'lib/wordpress/sqlite.ts',
  ],
  "an administrator's own: inventory, secrets, lists, pages, certificates, web server, the database server's socket and folder, the archive's folder":
    [
      'lib/database/client.ts',
      'lib/database/disk.ts',
      'lib/database/own-server.ts',
      'lib/inventory/load.ts',
      'lib/restore-test/search.ts',
      'lib/inventory/secrets.ts',
      'lib/notify/metrics-file.ts',
      'lib/report/page.ts',
      'lib/program/command-line.ts',
      'lib/program/look.ts',
      'lib/notify/smtp.ts',
      'lib/host/web-server-files.ts',
      'lib/duplicity/io/exclusions.ts',
      'lib/restore/lineage.ts',
      'lib/restore/plan-certificates.ts',
      'lib/restore/plan-configuration.ts',
      'lib/restore/system-exchange.ts',
      'lib/site-mode/files.ts',
      'lib/steps/sites.ts',
    ],
  "the kernel's and the system's own: /proc, /etc/machine-id, programs and their settings": [
    'lib/engine/kernel.ts',
    'lib/site/host-card.ts',
    'lib/host/php.ts',
    'lib/host/system-mv.ts',
    'lib/replay/owners.ts',
    'lib/store/writer.ts',
    'lib/wordpress/config.ts',
  ],
  "only chooses what a sandbox is shown, which opens it with its owner's rights": [
    'lib/host/sandbox.ts',
    'lib/wordpress/config-view.ts',
  ],
  'a program in a sandbox that shows it one new tree, which nobody else can enter and where the kernel follows no link, and the live one to be read':
    [
      'lib/replay/apply-set.ts',
      'lib/replay/entries.ts',
      'lib/replay/live-file.ts',
      'lib/replay/replaced-tree.ts',
      'lib/replay/tree.ts',
    ],
  'finds where a restore by --into goes: looked at again, and used, through what is held open': [
    'lib/host/disk.ts',
    'lib/host/own-way.ts',
    'lib/steps/elsewhere.ts',
    'lib/duplicity/io/fetch.ts',
  ],
}

/** What code does with paths by their names: functions that it imports, and looks of a shell. */
function usesOf(code: string): string[] {
  const imports = [...code.matchAll(/^import (?!type)([^'"]*?) from '(?:node:)?fs(?:\/promises)?'/gm)].map(match => match[1]!)
  const whole = imports.filter(names => !names.startsWith('{')).map(names => `all of node:fs as ${names}`)
  const single = imports
    .flatMap(names => [...names.matchAll(/(?<!type )\b\w+/g)].map(([name]) => name))
    .filter(name => BY_NAME.test(name))
  // its own of the same kind
  const own = /^import \{[^}]*\bnamesIn\b[^}]*\} from '[./\w-]*whole-file\.ts'/m.test(code) ? ['namesIn'] : []
  const looks = [...code.matchAll(/(?:\btest|\[) (?:! )?-[bcdefghkLNOGprsSuwx] ["'$]/g)].map(
    ([look]) => `a shell's ${look.trim()}`,
  )
  return [...whole, ...single, ...own, ...looks]
}

const allowed = Object.values(ALLOWED).flat()
const found = files
  .filter(file => !HOME.test(file) && !BESIDE.test(file))
  .map(file => [file, usesOf(readFileSync(join(ROOT, file), 'utf8'))] as const)
  .filter(([, uses]) => uses.length > 0)

const codes: [code: string, uses: string[]][] = [
  ["import { existsSync, readFileSync } from 'node:fs'", ['existsSync', 'readFileSync']],
  ["import {\n  closeSync,\n  lstatSync,\n  type Stats,\n} from 'node:fs'", ['lstatSync']],
  ["import { type FileHandle, open } from 'node:fs/promises'", ['open']],
  ["import * as fs from 'node:fs'", ['all of node:fs as * as fs']],
  ["import { rm as remove } from 'fs/promises'", ['rm']],
  ["import type { FileHandle } from 'node:fs/promises'", []],
  ["import { closeSync, fstatSync, readSync } from 'node:fs'", []],
  ['const script = \'test -f "$1" && cat "$1"\'', ['a shell\'s test -f "']],
  ['const script = \'[ -n "$1" ] || exit\'', []],
  ['const script = \'if [ -d "$1" ]; then echo there; fi\'', ['a shell\'s [ -d "']],
]
for (const [code, uses] of codes)
  test(`paths by name are seen in ${code.replaceAll('\n', ' ')}`, () => assert.deepEqual(usesOf(code), uses))

test('nothing that a stranger can shape is looked at by its name and then used by its name: it is opened once, by lib/host/opened-folder.ts', () => {
  const wrong = found.filter(([file]) => !allowed.includes(file)).map(([file, uses]) => `${file} uses ${uses.join(', ')}`)
  assert.deepEqual(wrong, [])
})

test('the files that may use paths by their names are there, do so, and are named once', () => {
  const using = found.map(([file]) => file)
  assert.deepEqual(
    allowed.filter((file, index) => !using.includes(file) || allowed.indexOf(file) !== index),
    [],
  )
})
