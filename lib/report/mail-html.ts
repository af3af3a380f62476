import { html, joined, type Markup, trusted } from '../core/markup.ts'
import type { Picture } from './mail-picture.ts'
import type { Failure, Report, SiteRow } from './report.ts'
import {
  cellsOf,
  endText,
  failureTitle,
  firstFailures,
  firstRemarks,
  firstSites,
  type RemarkList,
  remarkLists,
  remarkText,
  SITE_COLUMNS,
  stopText,
} from './text.ts'

/** Colours on white that every mail program shows, each with a contrast of 4.5 or more. */
const RED = '#a4161a'
const AMBER = '#8a4b00'
const GREEN = '#1b6e3a'
const GREY = '#595959'
const COLOUR: Readonly<Record<SiteRow['state'], string>> = {
  failed: RED,
  'needs attention': AMBER,
  'not reached': AMBER,
  well: GREEN,
}

/** A picture that the mail itself brings, under the name that its HTML calls it by. */
type Inline = Omit<Picture, 'png'> & { readonly cid: string }

/** The report as the HTML part of a mail: the words of the text part, styles inline, no pictures from elsewhere. */
export function htmlOf(report: Report, picture?: Inline): string {
  const colour = COLOUR[report.verdict]
  const stopped = stopText(report)
  return `${html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light">
<title>${report.subject}</title><style>${trusted(NARROW)}</style></head>
<body style="margin:0;padding:16px;background:#fff;color:#1a1a1a;font:15px/1.5 system-ui,sans-serif">
<h1 style="font-size:19px;margin:0 0 12px;padding:10px 14px;border-left:6px solid ${colour};background:#f6f6f6">${report.subject}</h1>
${stopped && html`<p>${stopped}</p>`}
${failuresHtml(report)}
${remarkLists(report).map(remarksHtml)}
${picture && pictureHtml(picture)}${sitesHtml(report)}
${footer(report)}
</body></html>
`}`
}

/** On a phone the table's rows become cards, where the mail program heeds such rules. */
const NARROW = `@media (max-width:560px){.sites thead{display:none}.sites,.sites tbody,.sites tr,.sites th,.sites td{display:block!important;
border:0!important;padding:1px 0!important;white-space:normal!important}.sites tr{padding:8px 0!important;border-bottom:1px solid #ddd!important}
.sites td::before{content:attr(data-label) ": ";color:${GREY};font-weight:400}}`

const heading = (text: string, colour = '#1a1a1a'): Markup =>
  html`<h2 style="font-size:16px;margin:20px 0 6px;color:${colour}">${text}</h2>`

const pre = (lines: readonly string[]): Markup =>
  html`<pre style="margin:4px 0 8px;padding:8px 10px;background:#f2f2f2;white-space:pre-wrap;overflow-wrap:anywhere;font-size:13px">${lines.join('\n')}</pre>`

const moreHtml = (more: string | undefined): Markup | undefined =>
  more === undefined ? undefined : html`<p style="margin:4px 0;color:${GREY}">… and ${more}</p>`

function failuresHtml(report: Report): Markup {
  const { items, more } = firstFailures(report)
  const rest = more === undefined ? [] : [heading('FAILED as well', RED), moreHtml(more)]
  return joined([...items.map(failureHtml), ...rest], '\n')
}

/** On a ground of its own in the picture itself, so that it can be read where a mail program turns its page dark. */
const pictureHtml = ({ cid, title, alt, width, height }: Inline): Markup =>
  html`${heading(title)}<img src="cid:${cid}" width="${width}" height="${height}" alt="${alt}" style="display:block;max-width:100%;height:auto;border:1px solid #ddd">
`

function failureHtml(failure: Failure): Markup {
  const { reason, output, advice } = failure
  const parts = [
    heading(`FAILED — ${failureTitle(failure)}`, RED),
    html`<p style="margin:4px 0">${reason}</p>`,
    ...(output.length > 0 ? [html`<p style="margin:4px 0">It printed last:</p>`, pre(output)] : []),
    ...(advice.length > 0 ? [html`<p style="margin:4px 0">Type next:</p>`, pre(advice)] : []),
  ]
  return joined(parts, '\n')
}

function remarksHtml({ title, remarks, isGood }: RemarkList): Markup | undefined {
  if (remarks.length === 0) return undefined
  const { items, more } = firstRemarks(remarks)
  const list = items.map(remark => html`<li style="white-space:pre-wrap;overflow-wrap:anywhere">${remarkText(remark)}</li>`)
  return html`${heading(title, isGood ? GREEN : AMBER)}<ul style="margin:4px 0;padding-left:20px">${list}</ul>${moreHtml(more)}
`
}

const CELL = 'padding:4px 10px 4px 0;border-bottom:1px solid #ddd;text-align:left;vertical-align:top'

function sitesHtml(report: Report): Markup | undefined {
  const { items, more } = firstSites(report)
  if (items.length === 0) return undefined
  const head = SITE_COLUMNS.map(column => html`<th scope="col" style="${CELL};color:${GREY}">${column}</th>`)
  const rows = items.map(site => rowHtml(site, report.endedAt))
  return html`${heading('Sites')}<table class="sites" style="border-collapse:collapse;font-size:14px"><thead><tr>${head}</tr></thead><tbody>
${joined(rows, '\n')}</tbody></table>${moreHtml(more)}`
}

function rowHtml(site: SiteRow, now: number): Markup {
  const [name, state, ...rest] = cellsOf(site, now)
  const cells = rest.map((cell, index) => {
    const label = SITE_COLUMNS[index + 2]!
    const style = label === 'next' ? CELL : `${CELL};white-space:nowrap`
    return html`<td data-label="${label}" style="${style}">${cell}${label === 'archive' && barHtml(site)}</td>`
  })
  return html`<tr><th scope="row" style="${CELL};font-weight:600">${name}</th><td data-label="state" style="${CELL};color:${COLOUR[site.state]};font-weight:600;white-space:nowrap">${state}</td>${cells}</tr>`
}

/** The archive's size against the allowance as a bar of two table cells, which every mail program draws. */
function barHtml({ bytes, allowanceBytes, verdict }: SiteRow): Markup | undefined {
  if (bytes === undefined || !allowanceBytes) return undefined
  const percent = Math.min(100, Math.max(1, Math.round((100 * bytes) / allowanceBytes)))
  const isFull = bytes > 0.9 * allowanceBytes
  const colour = bytes > allowanceBytes && verdict !== 'well' ? RED : isFull ? '#b26a00' : '#2f6f9f'
  return html`<div aria-hidden="true" style="background:#e3e3e3;width:120px;height:6px"><div style="background:${colour};width:${percent}%;height:6px"></div></div>`
}

const footer = (report: Report): Markup =>
  html`<p style="margin:20px 0 0;color:${GREY};font-size:13px">${endText(report)}${report.log !== undefined && html`<br>log: ${report.log}`}</p>`
