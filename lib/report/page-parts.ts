import { createHash } from 'node:crypto'
import { formatAge } from '../core/age.ts'
import { html, joined, type Markup, trusted } from '../core/markup.ts'
import { formatBytes } from '../core/wording.ts'

/**
 * The style of the pages: light and dark as the reader's system says, readable on a phone and on paper. Each colour has
 * a contrast of 4.5 or more on its background.
 */
const PAGE_STYLE = `
:root { --back: #fff; --panel: #f5f6f8; --text: #1b1d21; --quiet: #555b66; --line: #cfd4dc;
  --full: #0b5cad; --incremental: #2f7d4f; --bad: #b3261e; --warn: #7a4b00; --good: #1b6e3a; --link: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --back: #14161a; --panel: #1e2127; --text: #eceef2; --quiet: #aeb5c1; --line: #3d434d;
  --full: #6db3ff; --incremental: #6fcf97; --bad: #ff8a80; --warn: #ffc266; --good: #7ddc9f; --link: #8ab4f8; } }
:root { color-scheme: light dark }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem; max-width: 80rem; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem } h3 { font-size: 1rem; margin: 1rem 0 .25rem }
a { color: var(--link) }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.skip { position: absolute; left: -999px } .skip:focus { position: static }
.quiet { color: var(--quiet) } .bad { color: var(--bad) } .warn { color: var(--warn) } .good { color: var(--good) }
.verdict { padding: .6rem 1rem; border-left: .4rem solid currentColor; background: var(--panel); font-weight: 600 }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line) }
thead th { color: var(--quiet); font-weight: 600; vertical-align: bottom } .under { display: block }
td.number { font-variant-numeric: tabular-nums } time, data, .of { white-space: nowrap }
th[scope=row], li { overflow-wrap: anywhere } th[scope=row] { min-width: 13rem }
td.words { min-width: 9rem }
.bar { display: block; width: 7rem; height: .5rem; background: var(--line); margin-top: .3rem; border-radius: .25rem; overflow: hidden }
.bar span { display: block; height: 100%; background: var(--full) } .bar.over span { background: var(--bad) }
details { border-bottom: 1px solid var(--line); padding: .4rem 0 } summary { cursor: pointer; font-weight: 600; overflow-wrap: anywhere; padding: .25rem 0 }
figure { margin: 1.5rem 0 } figure svg { width: 100%; height: auto } .wide { overflow-x: auto }
.chart { overflow-x: auto } .chart svg { display: block; width: 100%; min-width: 34rem; max-width: 60rem; height: auto }
.only { display: inline-flex; gap: .5rem; align-items: center; margin: .5rem 0; padding: .25rem 0 }
input[type=checkbox] { width: 1.25rem; height: 1.25rem }
body:has(#only:checked) .well { display: none }
@media (max-width: 48rem) { table.cards, .cards tbody, .cards tr, .cards th, .cards td { display: block; border: 0; padding-right: 0 }
  .cards thead { position: absolute; left: -999px } .cards tr { border-bottom: 1px solid var(--line); padding: .5rem 0 }
  .under { display: inline } .under::before { content: "(" } .under::after { content: ")" } td.words { min-width: 0 }
  .cards td::before { content: attr(data-label) ": "; color: var(--quiet) } .cards th, .cards td { padding: .1rem 0 } }
@media print { :root { --back: #fff; --panel: #fff; --text: #000; --quiet: #444; --line: #999; --full: #0b5cad; --incremental: #2f7d4f; --bad: #b3261e; --warn: #7a4b00; --good: #1b6e3a }
  body { max-width: none } .only { display: none } details, tr, section { break-inside: avoid } }
`

/**
 * How a document of its own begins: no network, nothing from elsewhere; it works from a file.
 * @param script the one program that may run in it: no other does, whatever a name in the page holds
 */
export function documentHead(title: string, script?: string): Markup {
  const allowed = script === undefined ? '' : ` script-src 'sha256-${createHash('sha256').update(script).digest('base64')}';`
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';${trusted(allowed)} style-src 'unsafe-inline'; img-src data:">
<title>${title}</title><style>${trusted(PAGE_STYLE)}</style></head>
`
}

/** A whole document. @param script which runs once it is read */
export const documentOf = (title: string, body: Markup, script?: string): string =>
  `${html`${documentHead(title, script)}<body>${body}${script !== undefined && html`<script>${trusted(script)}</script>`}</body></html>
`}`

/** A row of a table: its first cell is its head; the others stand under the table's other columns. */
export interface TableRow {
  readonly head: Markup | string
  readonly cells: readonly (Markup | string)[]
  readonly className?: string
}

/** A table that a narrow page shows as cards. Roles are said as well, since cards would lose them. */
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
