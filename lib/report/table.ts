/**
 * Lines of a table, its columns as wide as they need to be, two spaces between them.
 * @param rows the first is the head
 * @param right the columns that are aligned to the right: numbers
 */
export function tableOf(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => [...(row[column] ?? '')].length)))
  const cell = (text: string, column: number): string => {
    const blank = ' '.repeat(widths[column]! - [...text].length)
    return right.includes(column) ? blank + text : text + blank
  }
  return rows.map(row => row.map(cell).join('  ').trimEnd())
}
