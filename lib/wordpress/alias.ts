import { calledName } from './called.ts'
import { doubtTarget } from './doubt.ts'
import type { Frame } from './reading.ts'
import { type Node, nodeIn, nodesIn } from './syntax.ts'
import type { Unknown } from './value.ts'

/**
 * Marks the variables that a node makes references of: `$a = &$b`, `[&$a]`, `use (&$a)`, `foreach (… as &$a)`, `static $a`,
 * an argument that a declared function takes by reference.
 */
export function doubtAliases(node: Node, reason: Unknown, frame: Frame): void {
  const found: (Node | undefined)[] = []
  if (node.kind === 'assignref') found.push(nodeIn(node, 'left'), nodeIn(node, 'right'))
  if (node.kind === 'foreach' && nodeIn(node, 'value')?.byref === true) found.push(nodeIn(node, 'value'), nodeIn(node, 'source'))
  if (node.kind === 'entry' && node.byRef === true) found.push(nodeIn(node, 'value'))
  if (node.kind === 'closure') found.push(...nodesIn(node, 'uses').filter(used => used.byref === true))
  if (node.kind === 'static') found.push(...nodesIn(node, 'variables').map(held => nodeIn(held, 'variable') ?? held))
  if (node.kind === 'call') found.push(...argumentsByReference(node, frame))
  for (const target of found) {
    doubtTarget(target, reason, frame)
    if (target?.kind === 'variable' && typeof target.name === 'string') frame.variables.alias(target.name, reason)
  }
}

function argumentsByReference(call: Node, frame: Frame): Node[] {
  const declared = frame.reading.functions.get(calledName(call))
  const parameters = declared ? nodesIn(declared, 'arguments') : []
  return nodesIn(call, 'arguments').filter((_, index) => (parameters[index] ?? parameters.at(-1))?.byref === true)
}
