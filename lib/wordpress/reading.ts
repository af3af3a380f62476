import { WpConfigError } from './error.ts'
import { lineOf, type Node } from './syntax.ts'
import { isUnknown, type Place, textOf, Unknown, type Value } from './value.ts'
import { Variables } from './variables.ts'

/** All that the reader may know of the world. It does no input or output itself. */
export interface ConfigWorld {
  /** An environment variable that the site may see; undefined: not set. May throw, with a message of its own, when it is forbidden. */
  readonly getenv: (name: string) => string | undefined
  /** The source of a file; undefined: it does not exist. May throw, with a message of its own, when it is forbidden. */
  readonly include: (absolutePath: string) => string | undefined
  /** The site's own domains, for a configuration that looks at the request's host, as Debian's does. */
  readonly domains: readonly string[]
}

/** A constant: its value, where it was defined, and whether it is only perhaps defined. */
export interface Constant {
  readonly value: Value
  readonly place: Place
  readonly perhaps: boolean
}

/** Steps of evaluation in one reading; a wp-config.php takes some hundreds. */
const MAX_STEPS = 500_000
const MAX_DEPTH = 300
const MAX_FILES = 50
const MAX_TOTAL = 2 * 1024 * 1024

/** Thrown to end a reading early: `exit`, or WordPress itself beginning. */
export class Stop {
  readonly place: Place
  constructor(place: Place) {
    this.place = place
  }
}

/** What a reading knows so far: one pass over a configuration, for one domain. */
export class Reading {
  readonly world: ConfigWorld
  readonly domain: string | undefined
  readonly constants = new Map<string, Constant>()
  readonly functions = new Map<string, Node>()
  /** Names of functions that some file read declares, perhaps only later. */
  readonly declared = new Set<string>()
  /** `$_SERVER`, `$_ENV` and the environment, where the program itself wrote to them: 'NAME[key]'. */
  readonly written = new Map<string, Value>()
  readonly included = new Set<string>()
  /** The file in which each function stands. */
  readonly homes = new Map<Node, string>()
  /** Environment values and passwords: never to be shown. */
  readonly secrets = new Set<string>()
  /** The frame of the main file, which `global` names. */
  globals: Frame | undefined
  /** Where `$table_prefix` was last given a value. */
  prefixPlace: Place | undefined
  /** Whether the request's host was asked for: another domain may then give another answer. */
  askedHost = false
  /** Code that could not be followed and may have defined anything that is not defined yet. */
  barrier: Unknown | undefined
  /** Code that could not be followed and may have set environment variables. */
  environmentDoubt: Unknown | undefined
  #steps = 0
  #depth = 0
  #files = 0
  #characters = 0

  constructor(world: ConfigWorld, domain: string | undefined) {
    this.world = world
    this.domain = domain
  }

  /** Counts work; throws past the limit. */
  spend(steps: number, place: Place): void {
    this.#steps += steps
    if (this.#steps > MAX_STEPS)
      throw new WpConfigError(place.file, place.line, `more than ${MAX_STEPS} steps to read; wanted a plain configuration`)
  }

  /** Runs `work` one level deeper; throws past the limit. */
  deeper<T>(place: Place, work: () => T): T {
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw new WpConfigError(place.file, place.line, `nested more than ${MAX_DEPTH} levels deep`)
    try {
      return work()
    } finally {
      this.#depth -= 1
    }
  }

  /** Counts a file that is about to be parsed; throws past the limit. */
  countFile(source: string, place: Place): void {
    this.#files += 1
    this.#characters += source.length
    if (this.#files > MAX_FILES || this.#characters > MAX_TOTAL)
      throw new WpConfigError(
        place.file,
        place.line,
        `includes more than ${MAX_FILES} files or ${MAX_TOTAL} characters (a cycle of includes?)`,
      )
  }

  /** Defines a constant. The first definition wins, as in PHP. */
  define(name: string, value: Value, place: Place): void {
    if (this.constants.has(name)) return
    if (name === 'DB_PASSWORD' && !isUnknown(value)) this.secrets.add(textOf(value) ?? '')
    this.constants.set(name, this.barrier ? { value: this.barrier, place, perhaps: true } : { value, place, perhaps: false })
  }

  /** Notes that skipped code may have defined a constant. */
  doubtConstant(name: string, reason: Unknown): void {
    if (!this.constants.has(name)) this.constants.set(name, { value: reason, place: reason.place, perhaps: true })
  }

  /** A message of the world's, without any secret that this reading met. */
  redact(message: string): string {
    return [...this.secrets]
      .filter(secret => secret !== '')
      .reduce((text, secret) => text.replaceAll(secret, '[secret]'), message)
  }
}

/** A file being run, or a function's body: its own variables. */
export interface Frame {
  readonly reading: Reading
  readonly file: string
  readonly variables: Variables
  /** Set when code that could not be followed may have set any variable. */
  doubt: Unknown | undefined
  /** Set when code that could not be followed may have returned from here. */
  perhapsReturned: Unknown | undefined
}

/** A frame without variables. */
export const newFrame = (reading: Reading, file: string): Frame => ({
  reading,
  file,
  variables: new Variables(),
  doubt: undefined,
  perhapsReturned: undefined,
})

/** Where a node stands. */
export const placeOf = (node: Node, frame: Frame): Place => ({ file: frame.file, line: lineOf(node) })

/** An unknown value that a node makes; a value that it is unknown by already keeps its own reason. */
export const unknown = (what: string, node: Node, frame: Frame, because?: Value): Unknown =>
  because !== undefined && isUnknown(because) ? because : new Unknown(what, placeOf(node, frame))
