/** One benchmark: a file of this folder whose default export is this. `npm run bench` runs all, `npm run bench -- NAME…` some. */
export interface Benchmark {
  /** What it measures, in a line, and what the numbers mean. */
  readonly about: string
  readonly columns: readonly string[]
  /** Measures in a folder of its own, which is removed afterwards, and gives each row of the table as soon as it is found. */
  readonly run: (folder: string, tell: (progress: string) => void) => AsyncIterable<Row>
}

export type Row = readonly (string | number)[]

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

/** A table as text: the first column to the left, numbers to the right. */
export function textOf({ columns, rows }: Table): string {
  const lines = [columns, ...rows]
  const widths = columns.map((_, at) => Math.max(...lines.map(line => String(line[at] ?? '').length)))
  return lines.map(line => lineOf(line, widths)).join('\n')
}

/** One line of such a table. */
export const lineOf = (cells: Row, widths: readonly number[]): string =>
  cells.map((cell, at) => (at === 0 ? String(cell).padEnd(widths[at]!) : String(cell).padStart(widths[at]!))).join('  ')

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
