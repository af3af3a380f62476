import { Listr, type ListrTask, type ListrTaskWrapper } from 'listr2'
import { type Outcome, shownTitle } from '../core/outcome.ts'
import { messageOf } from '../core/wording.ts'
import { together } from './at-once.ts'
import { startDeadline } from './patience.ts'
import type { Facts, Node, Runnable } from './recipe.ts'
import { type Run, titleOf, type Work } from './run.ts'
import type { Many } from './step.ts'

type Wrapper = ListrTaskWrapper<unknown, never, never>

/**
 * One chain at work: the facts so far, why it ended early if it did (shared with the blocks inside it), and which of
 * its holds are up, each with the facts that it got and gave, for its release.
 */
interface Frame {
  facts: Facts
  readonly subject: string | undefined
  readonly chain: Chain
  readonly up: Map<Node, Facts>
  /** Aborted when the item of an `each` that it is of has taken too long. */
  readonly deadline?: AbortSignal
  /** It is drawn for a person who watches. */
  readonly live: boolean
}

/** Why a chain ended, if it did. */
interface Chain {
  ended: string | undefined
  /** The chain that goes on when this one fails. */
  readonly around?: Chain
}

/** Ends a chain; those around it too, where the time of all that they are for is over. */
function endChain({ chain, deadline }: Frame, why: string): void {
  for (let each: Chain | undefined = chain; each; each = deadline?.aborted ? each.around : undefined) each.ended ??= why
}

type HoldNode = Extract<Node, { kind: 'hold' }>

/**
 * Runs a recipe to its end: every step in order, then every hold down in reverse order, whatever happened. listr2
 * schedules and draws; the outcomes of `run` are the only truth.
 */
export async function runTree(recipe: Runnable<never>, facts: object, run: Run, live = false): Promise<void> {
  const frame: Frame = { facts: facts as Facts, subject: undefined, chain: { ended: undefined }, up: new Map(), live }
  await listOf(tasksOf(recipe.nodes, frame, run), live).run()
}

const IN_TURN = { exitOnError: false, concurrent: false } as const

/** A list of its own, one task after the other. */
const listOf = (tasks: ListrTask[], live: boolean): Listr =>
  new Listr(tasks, {
    renderer: live ? 'default' : 'silent',
    ...IN_TURN,
    registerSignalListeners: false,
    fallbackRendererCondition: false,
    // what it came to is printed after it, and all that it showed is in the log
    rendererOptions: { collapseSubtasks: false, collapseErrors: false, showErrorMessage: true, clearOutput: true },
  } as never)

function tasksOf(nodes: readonly Node[], frame: Frame, run: Run): ListrTask[] {
  const releases = nodes.filter(node => node.kind === 'hold').reverse()
  return [...nodes.flatMap(node => tasksFor(node, frame, run)), ...releases.map(node => releaseOf(node, frame, run))]
}

function tasksFor(node: Node, frame: Frame, run: Run): ListrTask[] {
  switch (node.kind) {
    case 'do':
      return [workTask(workOf(node.step, 'do', node.step.run, frame), frame, run)]
    case 'hold':
      return [workTask(workOf(node.hold, 'up', node.hold.up, frame), frame, run, facts => frame.up.set(node, facts))]
    case 'only':
      return [onlyTask(node, frame, run)]
    case 'each':
      return eachTasks(node, frame, run)
  }
}

function workOf(
  { name, title }: { readonly name: string; readonly title: Work['title'] },
  phase: Work['phase'],
  run: Work['run'],
  { subject, deadline }: Frame,
): Work {
  return { step: name, title, phase, subject, run, deadline }
}

/** Why a chain does not go on, if it does not. */
function haltOf(frame: Frame, run: Run): { status: 'skipped' | 'stopped' | 'failed'; reason: string } | undefined {
  if (run.stopped) return { status: 'stopped', reason: 'the run was stopped' }
  if (frame.chain.ended !== undefined) return { status: 'skipped', reason: frame.chain.ended }
  return frame.deadline?.aborted ? { status: 'failed', reason: messageOf(frame.deadline.reason) } : undefined
}

function workTask(work: Work, frame: Frame, run: Run, onFacts: (facts: Facts) => void = () => {}): ListrTask {
  return {
    title: typeof work.title === 'string' ? work.title : work.step,
    task: async (_, wrapper) => {
      const halt = haltOf(frame, run)
      if (halt) {
        const { title } = run.skip(work, frame.facts, halt.status, halt.reason)
        endChain(frame, `${title} ${halt.status}`)
        return wrapper.skip(`${title}: ${halt.reason}`)
      }
      onFacts(frame.facts)
      wrapper.title = titleOf(work, frame.facts)
      const { outcome, gives } = await run.do(work, frame.facts, line => show(wrapper as Wrapper, line))
      if (outcome.status === 'done') frame.facts = { ...frame.facts, ...gives }
      else endChain(frame, `${outcome.title} ${outcome.status}`)
      onFacts(frame.facts)
      draw(wrapper as Wrapper, outcome)
    },
  }
}

function releaseOf(node: HoldNode, frame: Frame, run: Run): ListrTask {
  const { hold } = node
  const title = typeof hold.title === 'string' ? hold.title : hold.name
  return {
    title: shownTitle({ phase: 'down', title }),
    task: async (_, wrapper) => {
      const facts = frame.up.get(node)
      if (!facts) return wrapper.skip(`${title}: nothing to release`)
      const work = { ...workOf(hold, 'down', hold.down as Work['run'], frame), patience: hold.patience }
      const { outcome } = await run.do(work, facts, line => show(wrapper as Wrapper, line))
      draw(wrapper as Wrapper, outcome)
    },
  }
}

/** A block of tasks, which is opened when its turn comes, unless its chain has ended. */
function blockTask(
  title: string,
  frame: Frame,
  run: Run,
  open: (wrapper: Wrapper, work: Work) => Promise<Listr | undefined>,
): ListrTask {
  return {
    title,
    task: async (_, wrapper) => {
      const work = blockWork(title, frame)
      const halt = haltOf(frame, run)
      if (halt === undefined)
        return await open(wrapper as Wrapper, work).catch(error => {
          // a recipe's own function that throws is a failure like any other
          run.fail(work, frame.facts, error)
          frame.chain.ended = `${work.step} failed`
          throw error
        })
      const outcome = run.skip(work, frame.facts, halt.status, halt.reason)
      frame.chain.ended ??= `${outcome.title} ${halt.status}`
      wrapper.skip(halt.reason)
      return undefined
    },
  }
}

function onlyTask(node: Extract<Node, { kind: 'only' }>, frame: Frame, run: Run): ListrTask {
  return blockTask(node.title, frame, run, async (wrapper, work) => {
    const extra = node.when(frame.facts)
    if (typeof extra === 'string') {
      run.skip(work, frame.facts, 'skipped', extra)
      frame.facts = { ...frame.facts, ...node.otherwise }
      wrapper.skip(`${node.title}: ${extra}`)
      return undefined
    }
    const nodes = await node.nodes()
    const chain = node.endsChain ? frame.chain : { ended: undefined, around: frame.chain }
    const inner: Frame = { ...frame, facts: { ...frame.facts, ...extra }, chain, up: new Map() }
    const tasks = [...tasksOf(nodes, inner, run), passOn(node, inner, frame)]
    return wrapper.newListr(tasks, IN_TURN)
  })
}

/** Passes on what a block says is there after it in any case. Without a title, so that it is not drawn. */
function passOn({ otherwise }: Extract<Node, { kind: 'only' }>, inner: Frame, outer: Frame): ListrTask {
  const task = (): void => {
    const names = inner.chain.ended === undefined ? Object.keys(otherwise) : []
    outer.facts = { ...outer.facts, ...otherwise, ...Object.fromEntries(names.map(name => [name, inner.facts[name]])) }
  }
  return { task }
}

/**
 * The items, and then their outcomes in the order of the items, however many were worked on at once: without a title,
 * so that it is not drawn.
 */
function eachTasks(node: Extract<Node, { kind: 'each' }>, frame: Frame, run: Run): ListrTask[] {
  let order = (): void => {}
  const task = blockTask(node.title, frame, run, async wrapper => {
    const from = run.outcomes.length
    const items = node.many.list(frame.facts)
    const names = items.map(item => node.many.nameOf(item))
    order = () => run.orderBySubject(names, from)
    const atOnce = node.many.atOnce?.(frame.facts) ?? 1
    if (items.length === 0) {
      wrapper.skip(`${node.title}: none`)
      return undefined
    }
    const nodes = await node.nodes().catch(error => failing(node.title, error))
    const open = (item: object): ListrTask[] => itemTasks(node.many, nodes, item, frame, run)
    if (frame.live) {
      const drawn = items.map(
        (item, at): ListrTask => ({ title: names[at]!, task: (_, its) => its.newListr(open(item), IN_TURN) }),
      )
      return wrapper.newListr(drawn, { ...IN_TURN, concurrent: atOnce })
    }
    // one list would keep the tasks of every item with all their facts, and look through all of them for each
    await together(items, atOnce, item => listOf(open(item), false).run())
    return undefined
  })
  return [task, { task: () => order() }]
}

/** What cannot be loaded fails for each of the items, and for nothing around them. */
const failing = (title: string, error: unknown): readonly Node[] => [
  { kind: 'do', step: { name: title, title, run: () => Promise.reject(error) } },
]

function itemTasks(many: Many<Facts, object>, nodes: readonly Node[], item: object, frame: Frame, run: Run): ListrTask[] {
  const subject = many.nameOf(item)
  const facts = { ...frame.facts, ...item }
  const limit = many.deadline?.(facts)
  const deadline = anyOf(frame.deadline, limit && startDeadline(limit))
  const { live } = frame
  const inner: Frame = { facts, subject, chain: { ended: undefined }, up: new Map(), live, ...(deadline && { deadline }) }
  return [...tasksOf(nodes, inner, run), { task: () => run.over(subject) }]
}

const anyOf = (one: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined =>
  one && other ? AbortSignal.any([one, other]) : (one ?? other)

const blockWork = (title: string, frame: Frame): Work => workOf({ name: title, title }, 'do', async () => {}, frame)

const show = (wrapper: Wrapper, line: string): void => {
  wrapper.output = line
}

/** Shows how it ended. Thrown, since that is how listr2 learns that a task failed; the outcome is recorded already. */
function draw(wrapper: Wrapper, outcome: Outcome): void {
  if (outcome.status === 'failed' || outcome.status === 'stopped') throw new Error(outcome.reason)
  wrapper.title = shownTitle(outcome)
}
