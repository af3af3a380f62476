import type { Compared } from './compare-tables.ts'
import { linesIn } from './dump-file.ts'
import type { Rows } from './row-sum.ts'

/** A table that was printed, before its rows come. */
export interface Printed extends Compared {
  readonly definition: string
  /** Whether its rows are not those that are known, and come now. */
  readonly isChanged: boolean
}

/** What becomes of them, in their order; see compare-tables.ts. */
export interface TakeTables {
  readonly table: (printed: Printed) => void
  readonly rows: (lines: readonly Buffer[]) => void
  /** All rows have come, of a table of which they come. */
  readonly sum: (rows: Rows) => void
}

/**
 * Takes apart what {@link printChanged} has a client print.
 * @throws when it is not whole, or the server could not give a row as a line
 */
export async function takePrinted(
  output: AsyncIterable<Buffer>,
  mark: string,
  tables: readonly Compared[],
  take: TakeTables,
): Promise<void> {
  const reader = new PrintedReader(mark, tables, take)
  for await (const lines of linesIn(output)) reader.take(lines)
  reader.end()
}

/** The first letter of a row's line, that of INSERT. No mark begins with it. */
const I = 0x49

class PrintedReader {
  readonly #mark: string
  readonly #tables: readonly Compared[]
  readonly #take: TakeTables
  #index = 0
  /** What comes now: what begins a table, its definition or its rows. */
  #at: 'begin' | 'definition' | 'rows' | 'end' = 'begin'
  #definition: Buffer[] = []
  /** Rows that have not been taken yet, and how many have. */
  #rows: Buffer[] = []
  #count = 0

  constructor(mark: string, tables: readonly Compared[], take: TakeTables) {
    this.#mark = mark
    this.#tables = tables
    this.#take = take
  }

  take(lines: readonly Buffer[]): void {
    for (const line of lines)
      if (this.#at === 'rows' && line[0] === I) this.#rows.push(line)
      else if (line.toString('latin1', 0, this.#mark.length) === this.#mark) this.#takeMark(line)
      else if (this.#at === 'definition') this.#definition.push(line)
      else throw new Error(this.#at === 'rows' ? 'the server could not give a row' : 'something was printed that is of no table')
    this.#takeRows()
  }

  end(): void {
    if (this.#at !== 'end') throw new Error(`only ${this.#index} of ${this.#tables.length} tables were printed`)
  }

  #takeMark(line: Buffer): void {
    const [what, ...values] = line.toString('latin1', this.#mark.length + 1, line.length - 1).split('\t')
    const compared = this.#tables[this.#index]
    const told = `${this.#at} ${what}${compared ? '' : ' behind all'}`
    if (told === 'begin table') this.#at = 'definition'
    else if (told === 'definition same' || told === 'definition rows') this.#endDefinition(compared!, what === 'rows')
    else if (told === 'rows sum') this.#endRows(values)
    else if (told === 'begin end behind all') this.#at = 'end'
    else throw new Error(`the client has printed "${told}"`)
  }

  #endDefinition(compared: Compared, isChanged: boolean): void {
    const { name } = compared.table
    const text = Buffer.concat(this.#definition.splice(0)).toString('utf8')
    if (!text.startsWith(`${name}\tCREATE `)) throw new Error(`the definition of ${name} was not printed`)
    this.#take.table({ ...compared, definition: text.slice(name.length + 1, -1), isChanged })
    if (isChanged) this.#at = 'rows'
    else this.#endTable()
  }

  #takeRows(): void {
    if (this.#rows.length > 0) this.#take.rows(this.#rows)
    this.#count += this.#rows.length
    this.#rows = []
  }

  #endRows([count = '', sum = '']: readonly string[]): void {
    this.#takeRows()
    if (count !== `${this.#count}`) throw new Error(`${this.#count} of ${count} rows were printed`)
    this.#take.sum({ count, sum })
    this.#count = 0
    this.#endTable()
  }

  #endTable(): void {
    this.#at = 'begin'
    this.#index += 1
  }
}
