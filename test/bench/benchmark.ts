/** One benchmark: a file of this folder whose default export is this. `npm run bench` runs all, `npm run bench -- NAME…` some. */
export interface Benchmark {
  /** What it measures, in a line, and what the numbers mean. */
  readonly about: string
  /** Measures in a folder of its own, which is removed afterwards, and gives the table to print. */
  readonly run: (folder: string, tell: (progress: string) => void) => Promise<Table>
}

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** A table as text: the first column to the left, numbers to the right. */
export function textOf({ columns, rows }: Table): string {
  const lines = [columns, ...rows].map(row => row.map(String))
  const widths = columns.map((_, at) => Math.max(...lines.map(line => (line[at] ?? '').length)))
  const cell = (text: string, at: number): string => (at === 0 ? text.padEnd(widths[at]!) : text.padStart(widths[at]!))
  return lines.map(line => line.map(cell).join('  ')).join('\n')
}

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
