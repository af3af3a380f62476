import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type BackupSet, type Chain, type Collection, type FileRef, primaryChain, setsOf } from '../../lib/core/collection.ts'
import { planPrune } from '../../lib/core/retention.ts'
import { collectionStatusWords, pruneWords, type Target } from '../../lib/duplicity/args.ts'
import { collectionFromStatus } from '../../lib/duplicity/collection-status.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { parseLog } from '../../lib/duplicity/log.ts'
import { formatStamp } from '../../lib/duplicity/names.ts'
import { chanceFrom } from '../support/chance.ts'
import { type DuplicityServer, startDuplicity } from '../support/duplicity-server.ts'
import { duplicityAt, endAgent, listFolder, makeHistory } from './real-archive.ts'

const seed = Number(process.env.HOLDFAST_TEST_SEED ?? 1)
const later = Date.UTC(2026, 5, 1)
/** Archives that are made of one history: as it is, and with files deleted or emptied. */
const VARIANTS = 8

/** Takes a file, or a whole set, or the ends of a set as a killed run would, or a volume's content. */
async function damage(archive: string, chance: (below: number) => number): Promise<void> {
  const names = (await listFolder(archive)).map(file => file.name).sort()
  const name = names[chance(names.length)]
  if (name === undefined) return
  const set = /(?:\d{8}T\d{6}Z\.to\.)?\d{8}T\d{6}Z(?=\.(?:vol|manifest|sigtar|jsonstat))/.exec(name)![0]
  const inSet = names.filter(other => other.includes(`full.${set}`) || other.includes(`s.${set}`) || other.includes(`inc.${set}`))
  const way = chance(6)
  if (way === 0 && name.includes('.vol')) await truncate(join(archive, name))
  else if (way === 1) for (const each of inSet) await rm(join(archive, each))
  else if (way === 2) for (const each of inSet.filter(other => /manifest|sigtar/.test(other))) await rm(join(archive, each))
  else await rm(join(archive, name))
}

/** What duplicity's log says of the collection, as the lines that it writes for machines. */
function statusLines(log: string): string[] {
  const stanza = parseLog(log).findLast(({ keyword, code }) => keyword === 'INFO' && code === 3)
  return (stanza?.text ?? '').split('\n').filter(line => /^(chain|orphaned-|incomplete-| full \d| inc \d)/.test(line))
}

/** The same lines from our collection. Duplicity 3 calls statistics alone an incomplete set. */
function linesOf(collection: Collection, modern: boolean): string[] {
  const { chains, orphaned, incomplete, strayStatistics, primarySigned } = collection
  const primary = primarySigned ? primaryChain(collection) : undefined
  const others = chains.filter(chain => chain !== primary)
  return [
    ...others.flatMap((chain, index) => [`chain-no-sig ${index}`, ...setLines(chain)]),
    ...(primary ? ['chain-complete', ...setLines(primary)] : []),
    `orphaned-sets-num ${orphaned.length}`,
    `incomplete-sets-num ${incomplete.length + (modern ? strayStatistics.length : 0)}`,
  ]
}

/** Duplicity does not print a full without volumes: Python takes it for no set. */
function setLines(chain: Chain): string[] {
  const word = { full: 'full', incremental: 'inc' }
  const sets = setsOf(chain).filter(set => set.kind === 'incremental' || set.volumes.length > 0)
  return sets.map(set => ` ${word[set.kind]} ${formatStamp(set.time)} ${set.volumes.length} ${set.encrypted ? 'enc' : 'noenc'}`)
}

/** The collection as one that was asked of duplicity would be: the same, without sizes. */
function withoutSizes(files: readonly FileRef[], prefix: string): Collection {
  return collectionOf(
    files.map(({ name }) => ({ name, bytes: undefined })),
    prefix,
  )
}

const volumesIn = (sets: readonly BackupSet[]): number => sets.reduce((sum, set) => sum + set.volumes.length, 0)

/**
 * Declares a test for each of so many archives made by real duplicity: our collection and duplicity's status agree on chains, sets, volumes, orphans and incomplete sets; asking
 * duplicity gives the same collection as listing; and the planned pruning deletes exactly the planned files.
 */
export function compareArchives(major: 0 | 3, archives: number): void {
  const modern = major === 3
  const plain = ['--no-encryption', ...(modern ? ['--jsonstat'] : [])]
  const light = ['--gpg-options=--s2k-count=65536']
  const kinds = [plain, [...plain, '--no-compression'], ['--file-prefix=blog.', '--no-encryption'], plain, light]
  const optionsOf = (history: number) => kinds[history % kinds.length]!
  const homes: string[] = []
  const seen = { actions: new Set<string>(), orphaned: 0, incomplete: 0, killed: 0, volumes: 0 }
  let folder: string
  let server: DuplicityServer

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), `holdfast-listing${major}-`))
    server = await startDuplicity(major, join(folder, 'server'))
    const histories = Math.max(kinds.length, Math.ceil(archives / VARIANTS))
    for (let index = 0; index < histories; index++) {
      homes.push(join(folder, `history${index}`))
      await makeHistory(server, homes[index]!, seed * 1000 + index, optionsOf(index), 5 + (index % 4) * 2)
    }
  })

  after(async () => {
    for (const home of homes.filter((_, index) => optionsOf(index) === light)) await endAgent(home)
    await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  async function damagedArchive(index: number): Promise<{ archive: string; home: string; options: readonly string[] }> {
    const history = index % homes.length
    const archive = join(folder, `archive${index}`)
    await cp(join(homes[history]!, 'archive'), archive, { recursive: true })
    const chance = chanceFrom(seed * 1_000_000 + index)
    const losses = index < homes.length ? 0 : chance(5)
    for (let loss = 0; loss < losses; loss++) await damage(archive, chance)
    return { archive, home: homes[history]!, options: optionsOf(history) }
  }

  for (let index = 0; index < archives; index++) {
    test(`collectionOf() and planPrune() agree with duplicity ${major} on archive ${index}`, async () => {
      const { archive, home, options } = await damagedArchive(index)
      const prefix = options.includes('--file-prefix=blog.') ? 'blog.' : ''
      const target: Target = {
        program: server.program,
        url: `file://${archive}`,
        name: 'look',
        cache: join(folder, `cache${index}`),
        archiveDir: join(folder, `cache${index}`, 'look'),
        logFile: join(folder, `log${index}`),
        cipher: { kind: 'passphrase', stretched: true },
        compression: 'default',
        retries: 1,
        options,
      }
      const call = (words: string[]) => duplicityAt(server, later, home, words.slice(1))
      const files = await listFolder(archive)
      const collection = collectionOf(files, prefix)
      await call(collectionStatusWords(target))
      const log = await readFile(target.logFile, 'utf8')
      assert.deepEqual(linesOf(collection, modern), statusLines(log))
      assert.deepEqual(collectionFromStatus(log, prefix), withoutSizes(files, prefix))
      seen.orphaned += collection.orphaned.length
      seen.incomplete += collection.incomplete.length
      seen.volumes += volumesIn(collection.chains.flatMap(setsOf))
      if (index < homes.length) seen.killed += collection.incomplete.length
      const plan = planPrune({ collection, allowanceBytes: 1, keepIncrementals: index % 2 })
      seen.actions.add(plan.action.kind)
      if (plan.action.kind === 'none') return
      await call(pruneWords(target, plan.action))
      const optional = new Set(plan.mayGo.map(file => file.name))
      const gone = new Set(plan.files.map(file => file.name))
      const names = (list: readonly FileRef[]) => list.map(file => file.name).filter(name => !optional.has(name))
      assert.deepEqual(
        names(await listFolder(archive)).sort(),
        names(files)
          .filter(name => !gone.has(name))
          .sort(),
      )
      await rm(archive, { recursive: true })
    })
  }

  test('the archives held every kind of trouble, and led to every action', () => {
    assert.deepEqual([...seen.actions].sort(), ['cleanup', 'none', 'remove-chain', 'strip-incrementals'])
    assert.ok(seen.orphaned > 5 && seen.incomplete > 5 && seen.killed > 0 && seen.volumes > archives, JSON.stringify(seen))
  })
}
