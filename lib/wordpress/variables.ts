import type { Unknown, Value } from './value.ts'

/**
 * The variables of a file or of a function. A name that a reference may change (`$a = &$b`) is unknown from then on,
 * whatever is assigned to it; a name shared by `global` is read and written in the main file's variables.
 */
export class Variables {
  readonly #values = new Map<string, Value>()
  readonly #aliased = new Map<string, Unknown>()
  readonly #shared = new Map<string, Variables>()

  /** The value; undefined when the variable is not set. */
  get(name: string): Value | undefined {
    const shared = this.#shared.get(name)
    return shared ? shared.get(name) : this.#values.get(name)
  }

  set(name: string, value: Value): void {
    const shared = this.#shared.get(name)
    if (shared) shared.set(name, value)
    else this.#values.set(name, this.#aliased.get(name) ?? value)
  }

  /** As PHP's unset(): of a shared name only the sharing ends. */
  delete(name: string): void {
    if (!this.#shared.delete(name)) this.#values.delete(name)
  }

  names(): string[] {
    return [...this.#values.keys(), ...this.#shared.keys()]
  }

  /** Makes a variable unknown for good: something else may write to it. */
  alias(name: string, reason: Unknown): void {
    this.#aliased.set(name, reason)
    this.set(name, reason)
  }

  share(name: string, globals: Variables): void {
    if (globals !== this) this.#shared.set(name, globals)
  }
}
