import type { Condition, Hold, Many, Step } from './step.ts'

/** Facts of a recipe while it runs. The chain's types have checked them; from here on they are a record. */
export type Facts = Readonly<Record<string, unknown>>

type AnyStep = Step<Facts, object | void>
type AnyHold = Hold<Facts, object | void>

/** What a recipe is made of, as data. */
export type Node =
  | { readonly kind: 'do'; readonly step: AnyStep }
  | { readonly kind: 'hold'; readonly hold: AnyHold }
  | { readonly kind: 'only'; readonly title: string; readonly when: Condition<Facts, object>; readonly nodes: readonly Node[] }
  | {
      readonly kind: 'each'
      readonly title: string
      readonly many: Many<Facts, object>
      readonly nodes: readonly Node[]
    }

type With<Has extends object, Gives extends object | void> = Gives extends object ? Has & Gives : Has

/**
 * A chain of steps whose type grows: every call takes only a step whose needs are met by what came before, and adds what it gives.
 * Immutable: each call returns a new recipe.
 *
 * @typeParam Start what must be there when it begins
 * @typeParam Has what is there at its end
 */
export class Recipe<Start extends object, Has extends object> {
  readonly nodes: readonly Node[]
  /** Only for the compiler: keeps `Start` part of the type. */
  declare readonly start: Start

  constructor(nodes: readonly Node[]) {
    this.nodes = nodes
  }

  /** Adds a step. */
  do<Gives extends object | void>(step: Step<Has, Gives>): Recipe<Start, With<Has, Gives>> {
    return this.#and({ kind: 'do', step: step as unknown as AnyStep })
  }

  /** Adds a hold: it goes up here and comes down at the end of this chain, in reverse order of the others, whatever happened. */
  hold<Gives extends object | void>(hold: Hold<Has, Gives>): Recipe<Start, With<Has, Gives>> {
    return this.#and({ kind: 'hold', hold: hold as unknown as AnyHold })
  }

  /** Adds steps that run only when a condition gives facts; when it gives a reason instead, that is shown. A failure inside ends this chain too. */
  only<Extra extends object>(
    title: string,
    when: Condition<Has, Extra>,
    body: (start: Recipe<Has & Extra, Has & Extra>) => Recipe<Has & Extra, object>,
  ): Recipe<Start, Has> {
    return this.#and({
      kind: 'only',
      title,
      when: when as unknown as Condition<Facts, object>,
      nodes: body(new Recipe([])).nodes,
    })
  }

  /** Adds steps for every item of a list. A failure ends that item, not its neighbours and not this chain. */
  each<Item extends object>(
    title: string,
    many: Many<Has, Item>,
    body: (start: Recipe<Has & Item, Has & Item>) => Recipe<Has & Item, object>,
  ): Recipe<Start, Has> {
    return this.#and({
      kind: 'each',
      title,
      many: many as unknown as Many<Facts, object>,
      nodes: body(new Recipe([])).nodes,
    })
  }

  #and<Next extends object>(node: Node): Recipe<Start, Next> {
    return new Recipe<Start, Next>([...this.nodes, node])
  }
}

/** Begins a recipe that needs these facts at its start. */
export function recipe<Start extends object>(): Recipe<Start, Start> {
  return new Recipe<Start, Start>([])
}
