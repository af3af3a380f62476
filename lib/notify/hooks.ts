import { messageOf } from '../core/wording.ts'
import type { Node, Runnable } from '../engine/recipe.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import type { Reporting } from '../inventory/schema.ts'
import type { Needs } from '../store/facts.ts'

/** When a hook runs. */
export type HookName = 'before' | 'after' | 'onFailure'

/** Runs a hook of the host with what is known as JSON on its standard input. @throws when it fails or takes too long */
export async function runHook(host: Reporting, name: HookName, facts: object, shell: Shell): Promise<void> {
  const input = `${JSON.stringify({ event: name, host: host.name, ...facts })}\n`
  await shell.with({ input, timeout: host.hooks.timeout }).act`${host.hooks[name]!}`
}

/** The recipe with the host's `before` hook after the lock, if it takes one. No backup depends on the hook. */
export function withBeforeHook<Start extends Needs<'host'>>(
  recipe: Runnable<Start>,
  host: Reporting,
  task: string,
): Runnable<Start> {
  if (!host.hooks.before) return recipe
  const hook: Step<Needs<'host'>, void> = {
    name: 'hook-before',
    title: 'Hook: before',
    run: async (_, shell) => {
      try {
        await runHook(host, 'before', { task, startedAt: new Date(shell.now()).toISOString() }, shell)
      } catch (error) {
        if (shell.stop.aborted) throw error
        shell.note('problem', `the hook "before" failed, the work goes on: ${messageOf(error)}`)
      }
    },
  }
  const node: Node = { kind: 'do', step: hook as unknown as Extract<Node, { kind: 'do' }>['step'] }
  const isLock = (each: Node): boolean => each.kind === 'hold' && each.hold.isLock === true
  return { ...recipe, nodes: recipe.nodes.flatMap(each => (isLock(each) ? [each, node] : [each])) }
}
