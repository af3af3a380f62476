import { LINE, type TreeLines } from '../core/tree-lines.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from './sandbox.ts'

/** Looks what a tree consists of, its companion folder too. */
export async function lookAtTree(tree: string, shell: Shell): Promise<TreeLines> {
  const find = ['find', tree, '-printf', `${LINE}\\0`]
  const words = sandboxed(find, { reads: [tree], capabilities: ['CAP_DAC_OVERRIDE'] })
  return await shell.with({ onLine: () => {} }).ask(text => text.split('\0').slice(0, -1))`${words}`
}
