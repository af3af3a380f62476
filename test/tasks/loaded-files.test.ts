import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '../..')

/** Tells at the end which files of the project a program has loaded. */
const TELL = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
process.on('exit', () => console.error(JSON.stringify(loaded)))
`)}`

function filesLoadedBy(task: string): readonly string[] {
  const { stderr } = spawnSync(process.execPath, ['--import', TELL, join(ROOT, 'tasks', `${task}.ts`), '--help'], {
    encoding: 'utf8',
  })
  const urls = JSON.parse(stderr.trim().split('\n').at(-1)!) as string[]
  return urls.filter(url => url.startsWith('file:')).map(url => url.slice(`file://${ROOT}/`.length))
}

const RARE = [
  'lib/parts/move.ts',
  'lib/parts/replace-site.ts',
  'lib/steps/backup.ts',
  'lib/restore/transaction.ts',
  'lib/notify/mailing.ts',
]

/** Each file costs a third of a millisecond before anything is done, and many hosts have nothing to do at night. */
for (const [task, most] of [
  ['nightly', 240],
  ['status', 167],
] as const)
  test(`${task} begins with ${most} files of the project at most: what few nights need is loaded when it is needed`, () => {
    const loaded = filesLoadedBy(task).filter(file => /^(lib|tasks)\//.test(file))
    assert.ok(loaded.length > 50 && loaded.length <= most, `${loaded.length} files`)
    assert.deepEqual(
      RARE.filter(file => loaded.includes(file)),
      [],
    )
  })
