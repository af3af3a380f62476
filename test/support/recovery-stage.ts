import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { EMPTY_JOURNAL, type Journal } from '../../lib/core/restore-journal.ts'
import type { Mariadb } from '../../lib/sandbox/mariadb.ts'
import { type Ended, readJson, type Stage, type StageHost, type Told } from './stage.ts'

/** Starts a task of a host, in a process of its own; temporary files lie in the host's folder, so that leftovers are seen. */
export function startTask(
  stage: Stage,
  host: StageHost,
  task: 'recover' | 'nightly' | 'boot' | 'status' | 'bisect',
  words: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const file = join(import.meta.dirname, `../../tasks/${task}.ts`)
  const all = [file, '--host', host.name, '--inventory', join(stage.folder, 'hosts'), ...words]
  const temporary = join(host.folder, 'tmp')
  mkdirSync(temporary, { recursive: true })
  const child = spawn(process.execPath, all, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary, ...env },
  })
  const closed = new Promise<[number | null, string | null]>(resolve => child.on('close', (...how) => resolve(how)))
  const ended = Promise.all([text(child.stdout!), text(child.stderr!), closed])
  return { child, ended: ended.then(([stdout, stderr, [code, signal]]) => ({ code, signal, stdout, stderr })) }
}

/** Recovers a site with `--yes --json` and reads what was told. */
export async function recover(
  stage: Stage,
  host: StageHost,
  site: string,
  words: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Told> {
  const ended = await startTask(stage, host, 'recover', ['--site', site, '--yes', '--json', ...words], env).ended
  return { ...ended, ...readJson(ended) }
}

export function journalOf(host: StageHost, site: string): Journal {
  const file = join(host.folder, 'state', 'restores', `${encodeURIComponent(site)}.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Journal) : EMPTY_JOURNAL
}

const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).toSorted() : [])

/** Nothing of a restore is left but what the journal keeps and what was kept apart: no folder, database, account, password file or temporary file. */
export async function assertNothingLeft(host: StageHost, site: string, mariadb: Mariadb): Promise<void> {
  const { pending, kept } = journalOf(host, site)
  assert.equal(pending, undefined, 'no restore is under way')
  const folders = names(join(host.vhosts, '.holdfast', encodeURIComponent(site))).filter(name => !name.startsWith('changes-'))
  assert.deepEqual(folders, kept.map(({ id }) => id).toSorted())
  const ours = `hf\\_${createHash('sha1').update(site).digest('hex').slice(0, 8)}\\_%`
  const databases = (await mariadb.query(`SHOW DATABASES LIKE '${ours}'`)).split('\n').filter(name => name !== '')
  assert.deepEqual(databases.toSorted(), kept.flatMap(one => one.scratch.databases).toSorted(), 'databases')
  assert.equal(await mariadb.query(`SELECT user FROM mysql.user WHERE user LIKE '${ours}'`), '', 'accounts')
  const state = names(join(host.folder, 'state', 'restores'))
  assert.deepEqual(
    state.filter(name => !name.endsWith('.json')),
    [],
    'half-written journals',
  )
  assert.deepEqual(names(join(host.folder, 'tmp')), [], 'temporary files')
}
