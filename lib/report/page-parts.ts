import { formatAge } from '../core/age.ts'
import { formatBytes } from '../core/size.ts'
import { html, joined, type Markup, trusted } from './markup.ts'
import { PAGE_STYLE } from './page-style.ts'

/** A document of its own: no network, no script, nothing from elsewhere; it works from a file. */
export const documentOf = (title: string, body: Markup): string =>
  `${html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title><style>${trusted(PAGE_STYLE)}</style></head>
<body>${body}</body></html>
`}`

/** A row of a table: its first cell is its head; the others stand under the table's other columns. */
export interface TableRow {
  readonly head: Markup | string
  readonly cells: readonly (Markup | string)[]
  readonly className?: string
}

/**
 * A table that a narrow page shows as cards. Roles are said as well, since cards would lose them.
 * @param classOf the class of a column's cells
 */
export function tableOf(
  label: string,
  columns: readonly string[],
  rows: readonly TableRow[],
  classOf: (column: string) => string | undefined = () => undefined,
): Markup {
  const cell = (content: Markup | string, index: number): Markup => {
    const name = classOf(columns[index + 1]!)
    return html`<td role="cell" data-label="${columns[index + 1]}"${name !== undefined && html` class="${name}"`}>${content}</td>`
  }
  const row = ({ head, cells, className }: TableRow): Markup =>
    html`<tr role="row"${className !== undefined && html` class="${className}"`}><th scope="row" role="rowheader">${head}</th>${cells.map(cell)}</tr>`
  const heads = columns.map(column => html`<th scope="col" role="columnheader">${column}</th>`)
  return html`<table class="cards" role="table" aria-label="${label}"><thead role="rowgroup"><tr role="row">${heads}</tr></thead><tbody role="rowgroup">
${joined(rows.map(row), '\n')}
</tbody></table>`
}

/** A time in UTC, as the page says once, for people and for programs. */
export const time = (iso: string): Markup => html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`

/** A time, and how long before `at` it was. */
export const timeAgo = (iso: string, at: string): Markup =>
  html`${time(iso)} <span class="quiet under">${formatAge(Date.parse(at) - Date.parse(iso))} ago</span>`

/** Its day alone, for people. */
export const day = (iso: string): Markup => html`<time datetime="${iso}">${iso.slice(0, 10)}</time>`

/** A size, for people, with the exact bytes for programs. */
export const size = (bytes: number | null): Markup | string =>
  bytes === null ? '?' : html`<data value="${bytes}">${formatBytes(bytes)}</data>`

/** Where a site's details are on the page. */
export const anchorOf = (name: string): string =>
  `site-${encodeURIComponent(name).replace(/[^A-Za-z0-9_-]/g, char => `_${char.charCodeAt(0)}`)}`
