/** A piece of HTML, made by {@link html}, which escapes text, or of the program's own by {@link trusted}. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** What stands in a template: text is escaped, lists are joined, `undefined`, `null` and `false` are nothing. */
type Piece = Markup | string | number | undefined | null | false | readonly Piece[]

/** HTML from a template: whatever stands in it is shown, never obeyed, in text and in quoted attributes. */
export const html = (strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup =>
  new Markup(strings.reduce((text, string, index) => `${text}${written(pieces[index - 1])}${string}`))

/** Markup that the program itself wrote: a style, a picture. */
export const trusted = (text: string): Markup => new Markup(text)

/** Pieces with something between them. */
export const joined = (pieces: readonly Piece[], between: string): Markup => new Markup(pieces.map(written).join(between))

const NAMES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function written(piece: Piece): string {
  if (piece === undefined || piece === null || piece === false) return ''
  if (piece instanceof Markup) return piece.text
  if (typeof piece === 'object') return piece.map(written).join('')
  return String(piece).replace(/[&<>"']/g, char => NAMES[char]!)
}
