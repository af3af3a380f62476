import { diff } from 'node:util'

interface Change {
  readonly mark: ' ' | '-' | '+'
  readonly text: string
}

const CONTEXT = 2
const WIDEST = 160
/** Pairs of lines that are compared at most: beyond, the one text is shown as taken out and the other as put in. */
const MOST_PAIRS = 1_000_000

/** The difference of two texts as `diff -u` prints it, safe to show, cut to so many lines. */
export function differenceOf(before: string, after: string, most: number): string[] {
  const changes = changesOf(linesOf(before), linesOf(after))
  const shown = hunksOf(changes)
  return shown.length <= most ? shown : [...shown.slice(0, most), `… and ${shown.length - most} lines`]
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))

/** A line as it may be shown: anything but plain characters by its code, and cut short. */
export function plainLine(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/gu, char => (char === '\t' ? '  ' : `\\u{${char.codePointAt(0)!.toString(16)}}`))
  return plain.length <= WIDEST ? plain : `${plain.slice(0, WIDEST)}…`
}

function changesOf(before: string[], after: string[]): Change[] {
  const marked = (mark: Change['mark']) => (text: string) => ({ mark, text })
  if (before.length + after.length === 0) return [] // of two empty lists Node gives undefined
  if (before.length * after.length > MOST_PAIRS) return [...before.map(marked('-')), ...after.map(marked('+'))]
  return diff(before, after).map(([operation, text]) => ({ mark: operation === 0 ? ' ' : operation > 0 ? '-' : '+', text }))
}

/** The changes with the lines around them, each group under its place in both texts. */
function hunksOf(changes: readonly Change[]): string[] {
  const isNear = changes.map((_, index) =>
    changes.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ mark }) => mark !== ' '),
  )
  const lines: string[] = []
  let [old, fresh] = [1, 1]
  changes.forEach(({ mark, text }, index) => {
    if (isNear[index] && !isNear[index - 1]) lines.push(`@@ -${old} +${fresh} @@`)
    if (isNear[index]) lines.push(`${mark}${plainLine(text)}`)
    if (mark !== '+') old += 1
    if (mark !== '-') fresh += 1
  })
  return lines
}
