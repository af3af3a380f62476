import { LINE, type TreeLines } from '../core/tree-lines.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from './sandbox.ts'

/**
 * Looks what a tree consists of, its companion folder too.
 * @param only of which paths, as find(1) takes it: a list of all of millions fits nowhere
 */
export async function lookAtTree(tree: string, shell: Shell, only: readonly string[] = []): Promise<TreeLines> {
  const find = ['find', tree, ...only, '-printf', `${LINE}\\0`]
  const words = sandboxed(find, { reads: [tree], capabilities: ['CAP_DAC_OVERRIDE'] })
  return await shell.with({ onLine: () => {} }).ask(text => text.split('\0').slice(0, -1))`${words}`
}
