import type { Condition, Hold, Many, Step } from './step.ts'

/** Facts of a recipe while it runs. The chain's types have checked them; from here on they are a record. */
export type Facts = Readonly<Record<string, unknown>>

type AnyStep = Step<Facts, object | void>
type AnyHold = Hold<Facts, object>

/** What a recipe is made of, as data. */
export type Node =
  | { readonly kind: 'do'; readonly step: AnyStep }
  | { readonly kind: 'hold'; readonly hold: AnyHold }
  | {
      readonly kind: 'only'
      readonly title: string
      readonly when: Condition<Facts, object>
      readonly nodes: Nodes
      /** Whether a failure inside ends the chain that it is in. */
      readonly endsChain: boolean
      /** The facts that are there after it in any case, as they are where it gives none. */
      readonly otherwise: Facts
    }
  | {
      readonly kind: 'each'
      readonly title: string
      readonly many: Many<Facts, object>
      readonly nodes: Nodes
    }

/** What is in a block, made once it is opened: a block that is not opened loads no code. */
type Nodes = () => Promise<readonly Node[]>

/** Facts after a step: what it gives replaces what was there under the same name, as it does when the recipe runs. */
export type Merge<Has extends object, Gives extends object | void> = Gives extends object
  ? Flat<Omit<Has, keyof Gives> & Gives>
  : Has
type Flat<Facts> = { [Name in keyof Facts]: Facts[Name] }

/**
 * What a chain must do before its end: after a step that gives `Owes<'commit'>` comes one that gives `Pays<'commit'>`,
 * or the chain does not compile. Nothing of it is there at run time.
 */
export type Owes<What extends string> = { readonly [Name in `${What} is missing`]?: 'owed' }
export type Pays<What extends string> = { readonly [Name in `${What} is missing`]?: 'paid' }

/** What a chain holds until its end, and what it owes before: marks that only the compiler reads. */
type Held<Gives> = { readonly [Name in Exclude<keyof Gives & string, Mark> as `${Name} is held`]?: 'held' }
type Mark = `${string} is ${'held' | 'missing'}`

/** What pays a debt of its own chain is settled there: the chain, as a part of another, pays nothing of that one's. */
type Settled<Gives, Given> = {
  [Name in keyof Gives]: Name extends Marked<Gives, 'paid'> & Marked<Given, 'owed'> ? 'settled' : Gives[Name]
}

/** The marks of a chain that have a value. */
type Marked<Given, Value extends 'owed' | 'paid' | 'settled' | 'held'> = {
  [Name in keyof Given]-?: Name extends Mark ? (Value extends Given[Name] ? Name : never) : never
}[keyof Given]

/** Asks nothing of a chain that owes nothing, and of another what it does not have. */
export type Ended<Given> = [Marked<Given, 'owed'>] extends [never] ? unknown : { readonly owed: Marked<Given, 'owed'> }

/** Asks nothing of what neither holds what is held already, which it would let go twice, nor owes or pays again. */
type Once<Gives, Has> = [Again<Gives, Has>] extends [never] ? unknown : { readonly 'is there already': Again<Gives, Has> }
type Again<Gives, Has> =
  | (Marked<Gives, 'held'> & Marked<Has, 'held'>)
  | (Marked<Gives, 'owed'> & Marked<Has, 'owed'>)
  | (Marked<Gives, 'paid'> & Marked<Has, 'paid' | 'settled'>)

/** Asks of a hold a fact by which a recipe knows that it is held. */
type Known<Gives> = [keyof Gives] extends [never] ? { readonly 'gives no fact': never } : unknown

/** The facts after a block whether or not its steps ran: what they give, or what was said to be so otherwise. */
type Either<More, Else> = { readonly [Name in keyof Else]: Else[Name] | (Name extends keyof More ? More[Name] : never) }

/** Asks nothing of a block whose steps give all that is said to be so otherwise, and do not only hold it meanwhile. */
type GivesEach<Else, More> = [Exclude<keyof Else, Lasting<More>>] extends [never]
  ? unknown
  : { readonly 'is not given': Exclude<keyof Else, Lasting<More>> }
type Lasting<More> = {
  [Name in keyof More & string]: Name extends Mark ? never : `${Name} is held` extends keyof More ? never : Name
}[keyof More & string]

/** A recipe as that sees it which runs it: it fits where at least what it needs is there. */
export interface Runnable<Start extends object> {
  readonly nodes: readonly Node[]
  readonly start: (facts: Start) => void
}

/**
 * A recipe as another sees it in which it is used.
 * @typeParam Start what must be there when it begins
 * @typeParam Given what it adds to that, or replaces of it: exactly this, or what it holds and owes would get lost
 */
export interface Part<Start extends object, Given extends object> extends Runnable<Start> {
  readonly given: (given: Given) => Given
}

/** A chain of steps whose type grows: each call takes a step whose needs are met, and adds what it gives. Immutable. */
export class Recipe<Start extends object, Given extends object> implements Part<Start, Given> {
  readonly nodes: readonly Node[]
  declare readonly start: (facts: Start) => void
  declare readonly given: (given: Given) => Given

  constructor(nodes: readonly Node[]) {
    this.nodes = nodes
  }

  /** Adds a step. */
  do<Gives extends object | void>(
    step: Step<Merge<Start, Given>, Gives> & Once<Gives, Merge<Start, Given>>,
  ): Recipe<Start, Merge<Given, Settled<Gives, Given>>> {
    return this.#and({ kind: 'do', step: step as unknown as AnyStep })
  }

  /** Adds a hold: it goes up here and comes down at the end of this chain, in reverse order, whatever happened. */
  hold<Gives extends object>(
    hold: Hold<Merge<Start, Given>, Gives> & Known<Gives> & Once<Gives & Held<Gives>, Merge<Start, Given>>,
  ): Recipe<Start, Merge<Given, Gives & Held<Gives>>> {
    return this.#and({ kind: 'hold', hold: hold as unknown as AnyHold })
  }

  /** Adds another recipe's steps and holds, as if they were written here. */
  use<More extends object>(
    part: Part<Merge<Start, Given>, More> & Once<More, Merge<Start, Given>>,
  ): Recipe<Start, Merge<Given, Settled<More, Given>>> {
    return this.#and(...part.nodes)
  }

  /**
   * Adds steps that run only when a condition gives facts; else its reason is shown. A failure inside ends this chain
   * too.
   * @param otherwise facts after the block where the steps, which give them too, did not run
   */
  only<Extra extends object, More extends object, const Else extends object = Record<never, never>>(
    title: string,
    when: Condition<Merge<Start, Given>, Extra>,
    body: Body<Start, Given, Extra, More, GivesEach<Else, More>>,
    otherwise?: Else,
  ): Recipe<Start, Merge<Given, Either<More, Else>>> {
    return this.#only(title, when, nodesOf(body), true, otherwise)
  }

  /** The same, but a failure inside, which still counts, ends only what is inside. */
  attempt<Extra extends object, More extends object, const Else extends object = Record<never, never>>(
    title: string,
    when: Condition<Merge<Start, Given>, Extra>,
    body: Body<Start, Given, Extra, More, GivesEach<Else, More>>,
    otherwise?: Else,
  ): Recipe<Start, Merge<Given, Either<More, Else>>> {
    return this.#only(title, when, nodesOf(body), false, otherwise)
  }

  /** Adds steps for every item of a list. A failure ends that item, not its neighbours and not this chain. */
  each<Item extends object, More extends object>(
    title: string,
    many: Many<Merge<Start, Given>, Item>,
    body: Body<Start, Given, Item, More>,
  ): Recipe<Start, Given> {
    return this.#and({ kind: 'each', title, many: many as unknown as Many<Facts, object>, nodes: nodesOf(body) })
  }

  #only<Next extends object>(
    title: string,
    when: Condition<never, object>,
    nodes: Nodes,
    endsChain: boolean,
    otherwise: object = {},
  ): Recipe<Start, Next> {
    const condition = when as unknown as Condition<Facts, object>
    return this.#and({ kind: 'only', title, when: condition, nodes, endsChain, otherwise: otherwise as Facts })
  }

  #and<Next extends object>(...nodes: readonly Node[]): Recipe<Start, Next> {
    return new Recipe<Start, Next>([...this.nodes, ...nodes])
  }
}

/** Writes a block: `async` where what it is made of is to be imported only when it is opened. */
type Body<Start extends object, Given extends object, Extra extends object, More extends object, Also = unknown> = (
  start: Inner<Start, Given, Extra>,
) => (Block<Start, Given, Extra, More> & Also) | Promise<Block<Start, Given, Extra, More> & Also>

/** The nodes of a block, made the first time. */
function nodesOf<Begin extends object>(body: (start: Begin) => Runnable<never> | Promise<Runnable<never>>): Nodes {
  let made: Promise<readonly Node[]> | undefined
  const make = async (): Promise<readonly Node[]> => (await body(new Recipe([]) as unknown as Begin)).nodes
  return () => {
    made ??= make()
    return made
  }
}

/** What the body of a block gives back: a chain that begins with the facts inside, and ends what it begins. */
type Block<Start extends object, Given extends object, Extra extends object, More extends object> = Part<
  Merge<Merge<Start, Given>, Extra>,
  More
> &
  Ended<More> &
  Once<More, Merge<Merge<Start, Given>, Extra>>

type Inner<Start extends object, Given extends object, Extra extends object> = Recipe<
  Merge<Merge<Start, Given>, Extra>,
  Record<never, never>
>

/** Begins a recipe that needs these facts at its start. */
export const recipe = <Start extends object>(): Recipe<Start, Record<never, never>> => new Recipe<Start, Record<never, never>>([])
