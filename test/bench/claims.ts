import type { Table } from './benchmark.ts'

/** What a benchmark must show: which of its figures, what it was, and what it may be at most. */
export interface Claim {
  readonly work: string
  readonly before: string
  readonly most: number
  readonly benchmark: string
  /** The row, by its cells with a space between them; of several the worst counts. */
  readonly row: RegExp
  readonly column: string
}

/** Beside plain duplicity, or the script that Holdfast replaces, as 1, where nothing else is said. */
export const CLAIMS: readonly Claim[] = [
  {
    work: '20 unchanged WordPress sites, dumps included',
    before: '0.61; two at once 0.37',
    most: 0.1,
    benchmark: 'nights',
    row: /^unchanged/,
    column: 'ratio',
  },
  {
    work: 'the same, every site changed by 1 %',
    before: '–',
    most: 0.35,
    benchmark: 'nights',
    row: /^1 % changed/,
    column: 'ratio',
  },
  {
    work: 'replica, one set behind',
    before: '1.3–2.1',
    most: 0.25,
    benchmark: 'replica',
    row: /^one set behind/,
    column: 'ratio',
  },
  { work: 'replica, nothing newer', before: '0.2–0.6', most: 0.15, benchmark: 'replica', row: /^nothing newer/, column: 'ratio' },
  {
    work: 'incremental of a database, today’s dump = 1',
    before: '1',
    most: 0.3,
    benchmark: 'tables',
    row: /^incremental .* seconds/,
    column: 'ratio',
  },
  {
    work: 'added to an incremental of one site, beyond duplicity and npx: ms',
    before: '700',
    most: 300,
    benchmark: 'overhead',
    row: /^(an incremental as cron|the same by npx)/,
    column: 'added ms a site',
  },
  {
    work: '1000 sites, night: MB at most',
    before: '360',
    most: 200,
    benchmark: 'scale',
    row: /^night: (no|\d+) site/,
    column: 'MB at most',
  },
  {
    work: '1000 sites, unchanged: ms a site',
    before: '–',
    most: 50,
    benchmark: 'scale',
    row: /^(night: no site|such a night: a site)/,
    column: 'ms a site',
  },
  {
    work: 'status of 1000 sites, 200 sets each: s',
    before: '37',
    most: 3,
    benchmark: 'scale',
    row: /^status( --json| --html| of another host's)? \d/,
    column: 'seconds',
  },
]

/** Each claim that was measured, and whether it holds. */
export function verdictsOf(claims: readonly Claim[], tables: ReadonlyMap<string, Table>): Table {
  const rows = claims.map(({ work, before, most, benchmark, row, column }) => {
    const figures = figuresIn(tables.get(benchmark), row, column)
    if (figures.length === 0) return [work, before, most, '–', `not measured: npm run bench -- ${benchmark}`]
    const worst = Math.max(...figures)
    return [work, before, most, worst, worst <= most ? 'holds' : 'DOES NOT HOLD']
  })
  return { columns: ['work', 'before', 'at most', 'measured', ''], rows }
}

function figuresIn(table: Table | undefined, row: RegExp, column: string): number[] {
  const at = table?.columns.indexOf(column) ?? -1
  return (table?.rows ?? []).filter(cells => at >= 0 && row.test(cells.join(' '))).map(cells => Number(cells[at]))
}
