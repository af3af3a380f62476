import type { SizePoint } from '../core/size-history.ts'
import { escapeHtml } from './html.ts'
import { chainChart } from './page-chart.ts'
import { anchorOf, moment, size } from './page-parts.ts'
import { type SizeCurve, sizeCurve } from './size-curve.ts'
import type { SiteJson } from './status-json.ts'

/** A site's chains and size: the chart, the same as a table, and why pruning would do what it would do. Open where something is wrong. */
export function siteDetails(site: SiteJson, history: readonly SizePoint[], open: boolean): string {
  const curve = sizeCurve(site, history)
  const chart = chainChart(site, curve)
  const none = site.chains.length === 0 ? '<p>No backup yet.</p>' : ''
  const drawn = chart === undefined ? none : `${none}${imageOf(chart, site.name, curve)}`
  return `<details id="${anchorOf(site.name)}" class="${site.ok ? 'well' : 'troubled'}"${open || !site.ok ? ' open' : ''}><summary>${escapeHtml(site.name)}</summary>
${drawn}${chainTable(site)}${nextList(site)}</details>`
}

/** As an image of its own, drawn when it is seen: hundreds of charts in the page itself would be slow to read. */
function imageOf(svg: string, name: string, curve: SizeCurve | undefined): string {
  const data = svg.replace(/\s*\n\s*/g, ' ').replace(/[%#<"&]/g, encodeURIComponent)
  const alt = `Sets of ${name} over time, as the table below has them${curve === undefined ? '' : ', and its size against its allowance'}`
  const words = curve === undefined ? '' : `<p class="quiet">${escapeHtml(curve.words)}</p>`
  return `<div class="chart" role="group" tabindex="0" aria-label="Chart of ${escapeHtml(name)}"><img loading="lazy" decoding="async" alt="${escapeHtml(alt)}" src="data:image/svg+xml,${data}"></div>${words}`
}

const COLUMNS = ['Chain', 'From', 'To', 'Sets', 'Size', 'Damage'] as const

function chainTable({ chains, name }: SiteJson): string {
  if (chains.length === 0) return ''
  const rows = chains.map((chain, index) => {
    const problems = chain.sets.flatMap(set => set.problems)
    const cells = [
      moment(chain.from),
      moment(chain.to),
      `<data value="${chain.sets.length}">1 full, ${chain.sets.length - 1} incremental</data>`,
      size(chain.bytes),
      problems.length === 0 ? 'none' : `<span class="bad">${escapeHtml(problems.join('; '))}</span>`,
    ]
    const columns = cells.map((cell, at) => `<td role="cell" data-label="${COLUMNS[at + 1]}">${cell}</td>`).join('')
    return `<tr role="row"><th scope="row" role="rowheader">${chain.primary ? 'newest' : index + 1}</th>${columns}</tr>`
  })
  const head = COLUMNS.map(column => `<th scope="col" role="columnheader">${column}</th>`).join('')
  return `<table class="cards" role="table" aria-label="Chains of ${escapeHtml(name)}"><thead role="rowgroup"><tr role="row">${head}</tr></thead><tbody role="rowgroup">${rows.join('')}</tbody></table>`
}

function nextList({ next }: SiteJson): string {
  if (!next) return ''
  const considered = next.considered.map(
    ({ action, applies, reason }) =>
      `<li>${escapeHtml(action.replaceAll('-', ' '))}: ${applies ? 'applies' : 'does not apply'}: ${escapeHtml(reason)}</li>`,
  )
  return `<p>Next night: ${escapeHtml(next.night)}. Why: ${escapeHtml(next.reason)}.</p>${considered.length === 0 ? '' : `<ul>${considered.join('')}</ul>`}`
}
