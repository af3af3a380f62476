import type { Compared } from './compare-tables.ts'
import { linesIn } from './dump-file.ts'
import { RowSum, type Rows } from './row-sum.ts'

/** A table that was printed, before its rows come. */
export interface Printed {
  readonly name: string
  readonly definition: string
  /** What the server says of its rows. */
  readonly rows: Rows
  /** Whether they are not those that are known, and come now. */
  readonly isChanged: boolean
}

/** What becomes of them, in their order; see compare-tables.ts. */
export interface TakeTables {
  readonly table: (printed: Printed) => Promise<void> | void
  readonly rows: (lines: readonly Buffer[]) => void
}

const isSame = (one: Rows, other: Rows): boolean => one.count === other.count && one.sum === other.sum
const NONE: Rows = { count: '0', sum: '0' }

/**
 * Takes apart what {@link printChanged} has a client print.
 * @throws when it is not whole, or rows do not sum up to what the server says of them
 */
export async function takePrinted(
  output: AsyncIterable<Buffer>,
  { key, mark, tables }: { readonly key: string; readonly mark: string; readonly tables: readonly Compared[] },
  take: TakeTables,
): Promise<void> {
  let index = -1
  let rows: Rows | undefined
  let definition: Buffer[] | undefined
  let printed: Printed | undefined
  let sum = new RowSum(key)
  let pending: Buffer[] = []
  const nameOf = (): string => tables[index]?.table.name ?? 'a table'
  const takeRows = (): void => {
    if (pending.length > 0) take.rows(pending)
    pending = []
  }
  const endTable = (): void => {
    takeRows()
    if (printed && !isSame(sum.rows, printed.isChanged ? printed.rows : NONE))
      throw new Error(`the rows of ${nameOf()} that were printed are not those that the server has summed up`)
    printed = undefined
    sum = new RowSum(key)
  }
  const beginRows = async (): Promise<void> => {
    const { table, known } = tables[index]!
    const text = Buffer.concat(definition ?? []).toString('utf8')
    if (!rows || !text.startsWith(`${table.name}\tCREATE `)) throw new Error(`the definition of ${table.name} was not printed`)
    printed = { name: table.name, definition: text.slice(table.name.length + 1, -1), rows, isChanged: !isSame(rows, known) }
    definition = undefined
    await take.table(printed)
  }
  for await (const lines of linesIn(output)) {
    for (const line of lines) {
      const [what, count, total] = line.toString('latin1', 0, mark.length) === mark ? markIn(line, mark) : []
      if (what === undefined && definition) definition.push(line)
      else if (what === undefined && !printed) throw new Error('something was printed that is of no table')
      else if (what === undefined) {
        sum.add(line)
        pending.push(line)
      } else if (what === 'rows') await beginRows()
      else {
        if (what !== 'table' && what !== 'end') throw new Error('the dump is not complete')
        endTable()
        index += 1
        rows = count === undefined || total === undefined ? undefined : { count, sum: total }
        definition = what === 'table' ? [] : undefined
      }
    }
    takeRows()
  }
  if (index !== tables.length || definition || printed) throw new Error(`only ${index} of ${tables.length} tables were printed`)
}

const markIn = (line: Buffer, mark: string): string[] =>
  line
    .toString('latin1', mark.length + 1)
    .trimEnd()
    .split('\t')
