import { formatAge } from '../core/age.ts'
import type { Picture } from './mail-picture.ts'
import type { Failure, Remark, Report, SiteRow } from './report.ts'
import { shown, shownSites } from './shown.ts'
import { cellsOf, remarkText, siteColumns } from './text.ts'

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

/** Text as HTML: a site's name and a program's words are shown, never obeyed. */
export function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replace(/[&<>"']/g, char => names[char]!)
}

/** A picture that the mail itself brings, under the name that its HTML calls it by. */
export type Inline = Omit<Picture, 'png'> & { readonly cid: string }

/** The report as the HTML part of a mail: the same words as the text part, styles inline, no pictures from elsewhere. */
export function htmlOf(report: Report, picture?: Inline): string {
  const colour = COLOUR[report.verdict]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light">
<title>${escapeHtml(report.subject)}</title><style>${NARROW}</style></head>
<body style="margin:0;padding:16px;background:#fff;color:#1a1a1a;font:15px/1.5 system-ui,sans-serif">
<h1 style="font-size:19px;margin:0 0 12px;padding:10px 14px;border-left:6px solid ${colour};background:#f6f6f6">${escapeHtml(report.subject)}</h1>
${report.stoppedBy === undefined ? '' : `<p>The run was stopped by ${report.stoppedBy}; what it had begun was brought to an end.</p>`}
${failuresHtml(report)}
${remarks('Needs attention', report.problems, AMBER)}${remarks('Significant', report.significant, GREEN)}${remarks('Warnings', report.warnings, AMBER)}
${picture === undefined ? '' : pictureHtml(picture)}${sitesHtml(report)}
${footer(report)}
</body></html>
`
}

/** On a phone the table's rows become cards, where the mail program heeds such rules; the styles of the rows stand in them, for those that do not. */
const NARROW = `@media (max-width:560px){.sites thead{display:none}.sites,.sites tbody,.sites tr,.sites th,.sites td{display:block!important;
border:0!important;padding:1px 0!important;white-space:normal!important}.sites tr{padding:8px 0!important;border-bottom:1px solid #ddd!important}
.sites td::before{content:attr(data-label) ": ";color:${GREY};font-weight:400}}`

const heading = (text: string, colour = '#1a1a1a'): string =>
  `<h2 style="font-size:16px;margin:20px 0 6px;color:${colour}">${escapeHtml(text)}</h2>`

const pre = (lines: readonly string[]): string =>
  `<pre style="margin:4px 0 8px;padding:8px 10px;background:#f2f2f2;white-space:pre-wrap;overflow-wrap:anywhere;font-size:13px">${escapeHtml(lines.join('\n'))}</pre>`

const moreHtml = (more: string | undefined): string =>
  more === undefined ? '' : `<p style="margin:4px 0;color:${GREY}">… and ${escapeHtml(more)}</p>`

function failuresHtml({ failures }: Report): string {
  const { items, more } = shown(failures, 'failures')
  return [...items.map(failureHtml), ...(more === undefined ? [] : [heading('FAILED as well', RED), moreHtml(more)])].join('\n')
}

/** On a ground of its own in the picture itself, so that it can be read where a mail program turns its page dark. */
const pictureHtml = ({ cid, title, alt, width, height }: Inline): string =>
  `${heading(title)}<img src="cid:${cid}" width="${width}" height="${height}" alt="${escapeHtml(alt)}" style="display:block;max-width:100%;height:auto;border:1px solid #ddd">
`

function failureHtml({ site, title, reason, output, advice }: Failure): string {
  const parts = [
    heading(`FAILED — ${site === undefined ? '' : `${site}: `}${title}`, RED),
    `<p style="margin:4px 0">${escapeHtml(reason)}</p>`,
  ]
  if (output.length > 0) parts.push('<p style="margin:4px 0">It printed last:</p>', pre(output))
  if (advice.length > 0) parts.push('<p style="margin:4px 0">Type next:</p>', pre(advice))
  return parts.join('\n')
}

function remarks(title: string, list: readonly Remark[], colour: string): string {
  if (list.length === 0) return ''
  const { items: some, more } = shown(list, 'remarks')
  const items = some.map(
    remark => `<li style="white-space:pre-wrap;overflow-wrap:anywhere">${escapeHtml(remarkText(remark))}</li>`,
  )
  return `${heading(title, colour)}<ul style="margin:4px 0;padding-left:20px">${items.join('')}</ul>${moreHtml(more)}\n`
}

const CELL = 'padding:4px 10px 4px 0;border-bottom:1px solid #ddd;text-align:left;vertical-align:top'

function sitesHtml(report: Report): string {
  const { items, more } = shownSites(report)
  if (items.length === 0) return ''
  const head = siteColumns.map(column => `<th scope="col" style="${CELL};color:${GREY}">${column}</th>`).join('')
  const rows = items.map(site => rowHtml(site, report.endedAt)).join('\n')
  return `${heading('Sites')}<table class="sites" style="border-collapse:collapse;font-size:14px"><thead><tr>${head}</tr></thead><tbody>\n${rows}</tbody></table>${moreHtml(more)}`
}

function rowHtml(site: SiteRow, now: number): string {
  const [name = '', state = '', ...rest] = cellsOf(site, now).map(escapeHtml)
  const cells = [
    `<th scope="row" style="${CELL};font-weight:600">${name}</th>`,
    `<td data-label="state" style="${CELL};color:${COLOUR[site.state]};font-weight:600;white-space:nowrap">${state}</td>`,
    ...rest.map((cell, index) => {
      const label = siteColumns[index + 2]!
      const style = label === 'next' ? CELL : `${CELL};white-space:nowrap`
      return `<td data-label="${label}" style="${style}">${cell}${label === 'archive' ? barHtml(site) : ''}</td>`
    }),
  ]
  return `<tr>${cells.join('')}</tr>`
}

/** The archive's size against the allowance as a bar of two table cells, which every mail program draws. */
function barHtml({ bytes, allowanceBytes, verdict }: SiteRow): string {
  if (bytes === undefined || !allowanceBytes) return ''
  const percent = Math.min(100, Math.max(1, Math.round((100 * bytes) / allowanceBytes)))
  const isFull = bytes > 0.9 * allowanceBytes
  const colour = bytes > allowanceBytes && verdict !== 'well' ? RED : isFull ? '#b26a00' : '#2f6f9f'
  return `<div aria-hidden="true" style="background:#e3e3e3;width:120px;height:6px"><div style="background:${colour};width:${percent}%;height:6px"></div></div>`
}

function footer({ task, host, startedAt, endedAt, exitCode, log }: Report): string {
  const began = new Date(startedAt).toISOString().replace('T', ' ').slice(0, 19)
  return `<p style="margin:20px 0 0;color:${GREY};font-size:13px">${escapeHtml(`${task} on ${host}, began ${began} UTC, took ${formatAge(endedAt - startedAt)}, exit code ${exitCode}`)}${log === undefined ? '' : `<br>log: ${escapeHtml(log)}`}</p>`
}
