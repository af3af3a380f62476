import assert from 'node:assert/strict'
import { cp, mkdtemp, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Chain, type Collection, primaryChain, setsOf } from '../../lib/core/collection.ts'
import { type PruneAction, planPrune } from '../../lib/core/retention.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { formatStamp } from '../../lib/duplicity/names.ts'
import { chanceFrom, duplicityAt, duplicityCommand, duplicityMajor, endAgent, listFolder, makeHistory } from './real-archive.ts'

const archives = Number(process.env.HOLDFAST_TEST_ARCHIVES ?? 30)
const seed = Number(process.env.HOLDFAST_TEST_SEED ?? 1)
/** Duplicity 3 writes statistics, and counts those that are left alone as a set. */
const modern = (await duplicityMajor()) >= 3
const later = Date.UTC(2026, 5, 1)
const plain = ['--no-encryption', ...(modern ? ['--jsonstat'] : [])]
const kinds = [plain, plain, [...plain, '--no-compression'], ['--file-prefix', 'blog.', '--no-encryption'], []]

let folder: string
const homes: string[] = []

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-listing-'))
  const histories = Math.max(kinds.length, Math.ceil(archives / 5))
  for (let index = 0; index < histories; index++) homes.push(join(folder, `history${index}`))
  const make = (home: string, index: number) => makeHistory(home, seed * 1000 + index, optionsOf(index), 5 + (index % 4) * 2)
  for (let index = 0; index < histories; index += 2)
    await Promise.all(homes.slice(index, index + 2).map((home, i) => make(home, index + i)))
})

after(async () => {
  for (const home of homes.filter((_, index) => optionsOf(index).length === 0)) await endAgent(home)
  await rm(folder, { recursive: true, force: true })
})

const optionsOf = (history: number) => kinds[history % kinds.length]!

/** A copy of one of the histories, from which some files were deleted or emptied. */
async function damagedArchive(index: number): Promise<{ archive: string; home: string; options: readonly string[] }> {
  const history = index % homes.length
  const home = homes[history]!
  const archive = join(folder, `archive${index}`)
  await cp(join(home, 'archive'), archive, { recursive: true })
  const chance = chanceFrom(seed * 1_000_000 + index)
  const losses = index < homes.length ? 0 : chance(5)
  for (let loss = 0; loss < losses; loss++) await damage(archive, chance)
  return { archive, home, options: optionsOf(history) }
}

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
  const stanza = /^INFO 3 ?\n([\s\S]*?)\n\. /m.exec(log)?.[1] ?? ''
  return stanza.split('\n').filter(line => /^(chain|orphaned|incomplete| full| inc)/.test(line))
}

/** The same lines from our collection. Duplicity 3 calls statistics alone an incomplete set. */
function linesOf(collection: Collection): string[] {
  const { chains, orphaned, incomplete, strayStatistics, primarySigned } = collection
  const primary = primarySigned ? primaryChain(collection) : undefined
  const others = chains.filter(chain => chain !== primary)
  const stray = modern ? strayStatistics.length : 0
  return [
    ...others.flatMap((chain, index) => [`chain-no-sig ${index}`, ...setLines(chain)]),
    ...(primary ? ['chain-complete', ...setLines(primary)] : []),
    `orphaned-sets-num ${orphaned.length}`,
    `incomplete-sets-num ${incomplete.length + stray}`,
  ]
}

/** Duplicity does not print a full without volumes: Python takes it for no set. */
function setLines(chain: Chain): string[] {
  const word = { full: 'full', incremental: 'inc' }
  const sets = setsOf(chain).filter(set => set.kind === 'incremental' || set.volumes.length > 0)
  return sets.map(set => ` ${word[set.kind]} ${formatStamp(set.time)} ${set.volumes.length} ${set.encrypted ? 'enc' : 'noenc'}`)
}

function pruneArgs(action: PruneAction): string[] {
  if (action.kind === 'none' || action.kind === 'cleanup') return ['cleanup']
  return [action.kind === 'remove-chain' ? 'remove-all-but-n-full' : 'remove-all-inc-of-but-n-full', String(action.keepChains)]
}

const seen: Record<string, number> = {}

for (let index = 0; index < archives; index++) {
  test(`collectionOf() and planPrune() agree with ${duplicityCommand} on archive ${index}`, async () => {
    const { archive, home, options } = await damagedArchive(index)
    const prefix = options.includes('--file-prefix') ? 'blog.' : ''
    const common = [`file://${archive}`, '--archive-dir', join(folder, `cache${index}`), ...options]
    const files = await listFolder(archive)
    const collection = collectionOf(files, { prefix })
    assert.deepEqual(linesOf(collection), statusLines(await duplicityAt(later, home, ['collection-status', ...common])))
    const plan = planPrune({ collection, allowanceBytes: 1, keepIncrementals: index % 2 })
    seen[plan.action.kind] = (seen[plan.action.kind] ?? 0) + 1
    if (plan.action.kind === 'none') return
    await duplicityAt(later, home, [...pruneArgs(plan.action), '--force', ...common])
    const optional = new Set(plan.mayGo.map(file => file.name))
    const gone = new Set(plan.files.map(file => file.name))
    const names = (list: readonly { name: string }[]) =>
      list
        .map(file => file.name)
        .filter(name => !optional.has(name))
        .sort()
    assert.deepEqual(
      names(await listFolder(archive)),
      names(files).filter(name => !gone.has(name)),
    )
  })
}

test('the archives led to every action', { skip: archives < 30 }, () => {
  assert.deepEqual(Object.keys(seen).sort(), ['cleanup', 'none', 'remove-chain', 'strip-incrementals'])
})
