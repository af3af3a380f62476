/*
 * Runs in the browser of whoever reads the status page. A site's chart and the table of its chains are made when it is
 * opened, from the data in the page: see page-data.ts for its form.
 */
const sites = JSON.parse(document.getElementById('sites-data').textContent)

/** An element with attributes and children; texts are shown as they are. */
function element(name, attributes = {}, ...children) {
  const made = /^(svg|text|path|circle)$/.test(name)
    ? document.createElementNS('http://www.w3.org/2000/svg', name)
    : document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

const iso = seconds => new Date(seconds * 1000).toISOString()
const WIDTH = 760
const LEFT = 100
const RIGHT = 736
const ROW = 22
const SIZES = 130
/** Room for a title above a drawing, and for the times below it. */
const AROUND = 26

const label = (x, y, text, anchor = 'start', more = {}) =>
  element('text', { x, y, 'text-anchor': anchor, 'font-size': 12, fill: 'var(--quiet)', ...more }, text)
/** Readable over a line. */
const OVER = { fill: 'var(--text)', stroke: 'var(--back)', 'stroke-width': 4, 'paint-order': 'stroke' }
const line = (d, colour, width, more = {}) =>
  element('path', { d, stroke: `var(${colour})`, 'stroke-width': width, fill: 'none', ...more })

/** Times that are so many hours after each other. */
function timesFrom(first, hours) {
  const times = []
  for (const each of hours) times.push((times.at(-1) ?? first) + each * 3600)
  return times
}

/** Seconds as places on a line that begins and ends with them, with a little room. */
function scaleOf(first, last) {
  const room = Math.max(43_200, (last - first) / 40)
  return seconds => LEFT + ((seconds - first + room) / (last - first + 2 * room)) * (RIGHT - LEFT)
}

/** The line below a drawing, with days. */
function axis(first, last, y) {
  const place = scaleOf(first, last)
  const days = Array.from({ length: 5 }, (_, index) => first + ((last - first) * index) / 4)
  const shown = new Map(days.map(seconds => [iso(seconds).slice(0, 10), seconds]))
  const labels = [...shown].map(([day, seconds]) => label(place(seconds), y + 18, day, 'middle'))
  return [line(`M${LEFT} ${y}H${RIGHT}`, '--line', 1), ...labels]
}

function chainsPart(chains) {
  const times = chains.map(({ from, hours }) => timesFrom(from, hours))
  const all = times.flat()
  const [first, last] = [Math.min(...all), Math.max(...all)]
  const place = scaleOf(first, last)
  const rows = chains.flatMap(({ name, bad }, index) => {
    const y = AROUND + index * ROW + ROW / 2
    const marks = times[index].map((at, set) => {
      const [x, kind] = [place(at), set === 0 ? '--full' : '--incremental']
      const fill = `var(${bad.includes(set) ? '--bad' : kind})`
      return set === 0
        ? element('path', { d: `M${x} ${y - 7}l7 7l-7 7l-7 -7z`, fill })
        : element('circle', { cx: x, cy: y, r: 3, fill })
    })
    const span = line(`M${place(times[index][0])} ${y}H${place(times[index].at(-1))}`, '--line', 3)
    return [label(LEFT - 8, y + 4, name === 'newest' ? 'newest chain' : `chain ${name}`, 'end'), span, ...marks.reverse()]
  })
  const height = AROUND + chains.length * ROW
  return { height: height + AROUND, marks: [label(LEFT, 16, 'Sets in the archive'), ...rows, ...axis(first, last, height)] }
}

function sizesPart({ title, from, points, allowed, labels }, top) {
  const bottom = top + AROUND + SIZES
  const times = timesFrom(
    from,
    points.map(([hours]) => hours),
  )
  const places = points.map(([, step], index) => [times[index], step])
  const [first, last] = [times[0], times.at(-1)]
  const place = scaleOf(first, last)
  const up = step => bottom - (step / 1000) * SIZES * 0.9
  const steps = places.map(
    ([seconds, step], index) => `${index === 0 ? 'M' : 'H'}${place(seconds)}${index === 0 ? ' ' : 'V'}${up(step)}`,
  )
  const path = steps.join('')
  const area = `${path}V${bottom}H${place(first)}Z`
  const limits = allowed.map(([index, step], each) => {
    const end = places[allowed[each + 1]?.[0] ?? places.length - 1]
    return step === null ? '' : `M${place(places[index][0])} ${up(step)}H${place(end[0])}`
  })
  const limit = allowed.at(-1)?.[1] ?? null
  const marks = [
    label(LEFT, top + 16, title),
    ...labels.flatMap((text, index) => [
      label(LEFT - 8, up(index * 500) + 4, text, 'end'),
      line(`M${LEFT} ${up(index * 500)}H${RIGHT}`, '--line', 1),
    ]),
    element('path', { d: area, fill: 'var(--full)', opacity: 0.15 }),
    line(path, '--full', 2),
    line(limits.join(''), '--bad', 1.5, { 'stroke-dasharray': '6 4' }),
    ...(limit === null ? [] : [label(RIGHT - 6, up(limit) - 6, 'allowance', 'end', OVER)]),
    ...axis(first, last, bottom),
  ]
  return { height: AROUND + SIZES + AROUND, marks }
}

function chart({ name, chains, sizes }) {
  const parts = chains.length > 0 ? [chainsPart(chains)] : []
  if (sizes) parts.push(sizesPart(sizes, parts[0]?.height ?? 0))
  const height = parts.reduce((sum, part) => sum + part.height, 0)
  const says = `Sets of ${name} over time, as in the table below${sizes ? ', and its size against its allowance' : ''}`
  const svg = element(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-label': says },
    ...parts.flatMap(part => part.marks),
  )
  return element('div', { class: 'chart', role: 'group', tabindex: 0, 'aria-label': `Chart of ${name}` }, svg)
}

const COLUMNS = ['Chain', 'From', 'To', 'Sets', 'Size', 'Damage']

function table({ name, chains }) {
  const time = seconds => element('time', { datetime: iso(seconds) }, iso(seconds).slice(0, 16).replace('T', ' '))
  const rows = chains.map(({ name: chain, from, to, hours, bytes, size, damage }) => {
    const sets = element('data', { value: hours.length }, `1 full, ${hours.length - 1} incremental`)
    const cells = [time(from), time(to), sets, bytes === null ? '?' : element('data', { value: bytes }, size)]
    const all = [...cells, damage === '' ? 'none' : element('span', { class: 'bad' }, damage)]
    const tds = all.map((cell, index) => element('td', { role: 'cell', 'data-label': COLUMNS[index + 1] }, cell))
    return element('tr', { role: 'row' }, element('th', { scope: 'row', role: 'rowheader' }, chain), ...tds)
  })
  const heads = COLUMNS.map(column => element('th', { scope: 'col', role: 'columnheader' }, column))
  return element(
    'table',
    { class: 'cards', role: 'table', 'aria-label': `Chains of ${name}` },
    element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...heads)),
    element('tbody', { role: 'rowgroup' }, ...rows),
  )
}

/** Draws what is open and comes into sight: of five hundred sites all may be open at once. */
const seen = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting || !target.open) continue
    seen.unobserve(target)
    draw(target)
  }
})

function draw(details) {
  const site = sites[details.dataset.site]
  const drawn = [...(site.chains.length > 0 || site.sizes ? [chart(site)] : []), ...(site.chains.length > 0 ? [table(site)] : [])]
  details.querySelector('.drawn').replaceChildren(...drawn)
}

for (const details of document.querySelectorAll('details')) {
  seen.observe(details)
  details.addEventListener('toggle', () => {
    seen.unobserve(details)
    seen.observe(details)
  })
}
addEventListener('beforeprint', () => document.querySelectorAll('details[open]').forEach(draw))
/** Whoever comes by a link in the table wants to see it. */
const openNamed = () => {
  const named = document.getElementById(location.hash.slice(1))
  if (named?.matches('details')) named.open = true
}
addEventListener('hashchange', openNamed)
openNamed()
