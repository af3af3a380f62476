import { importableStatement, type LeftOut } from './importable-statement.ts'
import { LARGEST_PACKET, packetFor } from './packets.ts'
import type { DumpParts } from './statements.ts'

const MEGABYTE = 1024 * 1024

/** What was seen of a dump. */
interface Known {
  readonly longest: number
  readonly leftOut: readonly LeftOut[]
}

/** Looks at a dump while it is made, for what of it an import would not bring back, or only with other settings. */
export class ImportDoubts {
  readonly #database: string
  #longest = 0
  #leftOut: LeftOut[] = []

  /** @param database the one that the dump is made of */
  constructor(database: string) {
    this.#database = database
  }

  /** The dump begins anew, or with what is known of parts that are kept. */
  startFrom({ longest, leftOut }: Known = { longest: 0, leftOut: [] }): void {
    this.#longest = longest
    this.#leftOut = [...leftOut]
  }

  /** What is known so far. */
  get known(): Known {
    return { longest: this.#longest, leftOut: this.#leftOut.map(({ kind, name, why }) => ({ kind, name, why })) }
  }

  /** Takes what comes of the dump. */
  readonly look: DumpParts = {
    line: line => {
      this.#longest = Math.max(this.#longest, line.length)
    },
    statement: text => {
      this.#longest = Math.max(this.#longest, text.length)
      this.#leftOut.push(...importableStatement(text, this.#database).leftOut)
    },
  }

  /**
   * A sentence each.
   * @param has the server's `max_allowed_packet`, in bytes
   * @param isKeptUp whether what does not change is dumped once: of rows that do, the server gives no longer line
   */
  sentences({ has, isKeptUp }: { readonly has: number; readonly isKeptUp: boolean }): readonly string[] {
    const wanted = packetFor(this.#longest)
    const inMegabytes = wanted / MEGABYTE
    const anew = isKeptUp && this.#longest > has ? 'all of the database is dumped anew every night' : undefined
    return [
      ...this.#leftOut.map(({ kind, name, why }) => `the ${kind} ${name} cannot be imported: ${why}`),
      ...(wanted > LARGEST_PACKET
        ? [
            `its longest row cannot be imported: it takes ${inMegabytes} MB in a dump, and a database server takes 1024 MB at most${anew === undefined ? '' : `; ${anew}`}`,
          ]
        : []),
      ...(wanted > has && wanted <= LARGEST_PACKET
        ? [
            `its longest row needs max_allowed_packet = ${inMegabytes}M in the configuration of ${anew === undefined ? 'a database server' : `this database server, without which ${anew}, and of one`} that imports it by hand; a recovery here raises it meanwhile`,
          ]
        : []),
    ]
  }
}
