import { type Outcome, type RunEvent, shownTitle } from '../core/outcome.ts'
import { printable } from '../core/wording.ts'

/** The lines of the log for one event, each with its time and, inside an `each`, the subject. No control characters. */
export function linesOf(event: RunEvent): string[] {
  const head = `${clock(event.at)} ${event.subject === undefined ? '' : `[${event.subject}] `}`
  return textOf(event)
    .flatMap(text => text.split('\n'))
    .map(line => printableLine(`${head}${line}`))
}

/** The same without time and subject; what is said within a step is indented. */
export function textOf(event: RunEvent): string[] {
  switch (event.kind) {
    case 'begin':
      return [`${shownTitle(event)} …`]
    case 'command':
      return event.command.ran
        ? [`  $ ${event.command.line}  (${endOf(event.command.exitCode)}, ${formatSeconds(event.command.seconds)})`]
        : [`  would run: ${event.command.line}`]
    case 'line':
      return [`    ${event.text}`]
    case 'note':
      return event.note.text.split('\n').map(line => `  ${MARK[event.note.kind]}${line}`)
    case 'progress':
      return [`  ${event.text}`]
    case 'over':
      return []
    case 'end':
      return [`${shownTitle(event.outcome)}: ${endOfStep(event.outcome)}`]
  }
}

const MARK = { info: '', significant: '* ', warning: 'warning: ', problem: 'PROBLEM: ' } as const

const endOf = (exitCode: number | undefined): string =>
  exitCode === undefined ? 'cut short' : exitCode === 0 ? 'ok' : `exit code ${exitCode}`

/** What became of a step. */
export function endOfStep(outcome: Outcome): string {
  if (outcome.status === 'done') return `done in ${formatSeconds(outcome.seconds)}`
  return `${outcome.status === 'failed' ? 'FAILED' : outcome.status}${outcome.reason === undefined ? '' : `: ${outcome.reason}`}`
}

/** A time that something took: `0.3 s`, `12 s`. */
export const formatSeconds = (count: number): string => `${count.toFixed(count < 10 ? 1 : 0)} s`

/** Local time with its offset left out, to the second: a log is read where it is written. */
export function clock(at: number): string {
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** One line that can be shown anywhere. */
export const printableLine = (line: string): string => printable(line).replaceAll('\n', '?')

/** The lines of a table, two spaces between its columns; those in `right` are aligned to the right. */
export function tableOf(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => [...(row[column] ?? '')].length)))
  const cell = (text: string, column: number): string => {
    const blank = ' '.repeat(widths[column]! - [...text].length)
    return right.includes(column) ? blank + text : text + blank
  }
  return rows.map(row => row.map(cell).join('  ').trimEnd())
}
