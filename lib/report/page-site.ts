import type { SizePoint } from '../core/size-history.ts'
import { html, type Markup, trusted } from './markup.ts'
import { chainChart } from './page-chart.ts'
import { anchorOf, moment, size, type TableRow, tableOf } from './page-parts.ts'
import { type SizeCurve, sizeCurve } from './size-curve.ts'
import type { SiteJson } from './status-json.ts'

/**
 * A site's chains and size: the chart, the same as a table, and why pruning would do what it would do. Open where
 * something is wrong.
 */
export function siteDetails(site: SiteJson, history: readonly SizePoint[], open: boolean): Markup {
  const curve = sizeCurve(site, history)
  const chart = chainChart(site, curve)
  return html`<details id="${anchorOf(site.name)}" class="${site.ok ? 'well' : 'troubled'}"${(open || !site.ok) && ' open'}><summary>${site.name}</summary>
${site.chains.length === 0 && html`<p>No backup yet.</p>`}${chart !== undefined && imageOf(chart, site.name, curve)}${chainTable(site)}${nextList(site)}</details>`
}

/** As an image of its own, drawn when it is seen: hundreds of charts in the page itself would be slow to read. */
function imageOf(svg: string, name: string, curve: SizeCurve | undefined): Markup {
  const data = trusted(svg.replace(/\s*\n\s*/g, ' ').replace(/[%#<"&]/g, encodeURIComponent))
  const alt = `Sets of ${name} over time, as the table below has them${curve === undefined ? '' : ', and its size against its allowance'}`
  const words = curve && html`<p class="quiet">${curve.words}</p>`
  return html`<div class="chart" role="group" tabindex="0" aria-label="Chart of ${name}"><img loading="lazy" decoding="async" alt="${alt}" src="data:image/svg+xml,${data}"></div>${words}`
}

const COLUMNS = ['Chain', 'From', 'To', 'Sets', 'Size', 'Damage'] as const

function chainTable({ chains, name }: SiteJson): Markup | undefined {
  if (chains.length === 0) return undefined
  const rows = chains.map((chain, index): TableRow => {
    const problems = chain.sets.flatMap(set => set.problems)
    const cells = [
      moment(chain.from),
      moment(chain.to),
      html`<data value="${chain.sets.length}">1 full, ${chain.sets.length - 1} incremental</data>`,
      size(chain.bytes),
      problems.length === 0 ? 'none' : html`<span class="bad">${problems.join('; ')}</span>`,
    ]
    return { head: chain.primary ? 'newest' : String(index + 1), cells }
  })
  return tableOf(`Chains of ${name}`, COLUMNS, rows)
}

function nextList({ next }: SiteJson): Markup | undefined {
  if (!next) return undefined
  const considered = next.considered.map(
    ({ action, applies, reason }) =>
      html`<li>${action.replaceAll('-', ' ')}: ${applies ? 'applies' : 'does not apply'}: ${reason}</li>`,
  )
  return html`<p>Next night: ${next.night}. Why: ${next.reason}.</p>${considered.length > 0 && html`<ul>${considered}</ul>`}`
}
