/** One line of a difference: in both texts, only in the former, only in the latter. */
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

function changesOf(before: readonly string[], after: readonly string[]): Change[] {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before[start] === after[start]) start += 1
  let end = 0
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1
  const same = (text: string): Change => ({ mark: ' ', text })
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ]
}

/** By the longest sequence of lines that both have. */
function middle(before: readonly string[], after: readonly string[]): Change[] {
  const out = (text: string): Change => ({ mark: '-', text })
  const put = (text: string): Change => ({ mark: '+', text })
  if (before.length * after.length > MOST_PAIRS) return [...before.map(out), ...after.map(put)]
  const width = after.length + 1
  const longest = new Uint32Array((before.length + 1) * width)
  for (let row = before.length - 1; row >= 0; row -= 1)
    for (let column = after.length - 1; column >= 0; column -= 1)
      longest[row * width + column] =
        before[row] === after[column]
          ? longest[(row + 1) * width + column + 1]! + 1
          : Math.max(longest[(row + 1) * width + column]!, longest[row * width + column + 1]!)
  const changes: Change[] = []
  let [row, column] = [0, 0]
  while (row < before.length || column < after.length) {
    const isOut = row < before.length && longest[(row + 1) * width + column] === longest[row * width + column]
    if (row < before.length && column < after.length && before[row] === after[column]) {
      changes.push({ mark: ' ', text: before[row]! })
      row += 1
      column += 1
    } else if (column === after.length || isOut) changes.push(out(before[row++]!))
    else changes.push(put(after[column++]!))
  }
  return changes
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
