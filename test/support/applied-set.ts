import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applyWords } from '../../lib/replay/replay.ts'
import { deltaOf, type Member, type Part, signatureOf, tarOf } from './crafted-change.ts'

export const OLD = Buffer.from('what was there before')
const SEPARATOR = 'a-separator'

/** A tree, and beside it what must stay as it is. */
export function madeTree(folder: string): { readonly around: string; readonly tree: string } {
  const around = mkdtempSync(join(folder, 'around-'))
  const tree = join(around, 'tree')
  mkdirSync(join(tree, 'a/b'), { recursive: true })
  mkdirSync(join(around, 'outside'))
  writeFileSync(join(around, 'outside/file'), OLD)
  for (const path of ['a/file', 'a/b/inner', 'z']) writeFileSync(join(tree, path), OLD)
  symlinkSync('../../outside', join(tree, 'a/out'))
  return { around, tree }
}

interface Applied {
  readonly copied?: Parameters<typeof applyWords>[0]['copied']
  /** Whether the program is let loose on this machine, which its sandbox would keep it from. */
  readonly isFree?: boolean
}

/** Runs the program that applies a set, of volumes and signatures as members or as bytes. */
export function apply(
  tree: string,
  volumes: readonly (readonly Member[] | Buffer)[],
  signatures: readonly Member[] | Buffer,
  { copied, isFree = false }: Applied = {},
) {
  const bytesOf = (tar: readonly Member[] | Buffer): Buffer => (Buffer.isBuffer(tar) ? tar : tarOf(tar as readonly Member[]))
  const beside = mkdtempSync(join(tree, '../../signatures-'))
  writeFileSync(join(beside, 'signatures'), bytesOf(signatures))
  const input = Buffer.concat(volumes.flatMap(each => [bytesOf(each), Buffer.from(SEPARATOR)]))
  const all = applyWords({ tree, copied }, beside, SEPARATOR)
  const [program = '', ...words] = isFree ? all.slice(all.indexOf(process.execPath)) : all
  return spawnSync(program, words, { input, encoding: 'utf8' })
}

export const file = (name: string, content: Buffer): Member => ({ name: `snapshot/${name}`, content })
export const signed = (name: string, content: Buffer): Member => ({ name: `signature/${name}`, content: signatureOf(content) })
export const changed = (name: string, ...parts: readonly Part[]): Member => ({
  name: `diff/${name}`,
  content: deltaOf(...parts),
})
export const gone = (name: string): Member => ({ name: `deleted/${name}` })
export const folderAt = (name: string): Member => ({ name: `snapshot/${name}/`, type: 'folder', mode: 0o750 })
export const link = (name: string, target: string): Member => ({ name: `snapshot/${name}`, type: 'link', target })
