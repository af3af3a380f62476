/** One line of the ledger: what was done to the hosts, and what came of it. */
export interface Row {
  readonly scenario: string
  readonly injected: string
  /** The line of the run that tells of it, and its exit code. */
  readonly said: string
  /** What had been backed up and is no more: must be nothing. */
  readonly lost: string
  /** By what, and how long it took from when the cause was gone. */
  readonly healed: string
}

const COLUMNS = ['scenario', 'injected', 'said', 'lost', 'healed'] as const

/** The ledger as a table of Markdown. */
export function ledgerText(rows: readonly Row[], heading: string): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim()
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const body = rows.map(row => line(COLUMNS.map(column => cell(row[column]))))
  return [`# ${heading}`, '', line(COLUMNS), line(COLUMNS.map(() => '---')), ...body, ''].join('\n')
}
