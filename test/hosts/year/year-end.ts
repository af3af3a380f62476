import type { Said } from '../lab.ts'
import { bytesOf, fullsOf } from './archive.ts'
import { SITES, type Site, stateOf } from './sites.ts'
import { type Evening, task, type Year } from './year.ts'

const DAY = 86_400_000

/** What an owner asks when a year is over. Gives whatever is not as it must be. */
export async function yearEnd(year: Year): Promise<string[]> {
  return [...(await asked(year)), ...sizes(year), ...(await replicas(year)), ...(await recoveries(year))]
}

const run = ({ lab }: Year, words: string): Promise<Said> => lab.run('web1', task(words))

/** `status` says that all is well, and `forecast` that there is a future. */
async function asked(year: Year): Promise<string[]> {
  const faults: string[] = []
  for (const [words, says] of [
    ['status.ts', /blog[\s\S]*leaflet[\s\S]*shop/],
    ['forecast.ts', /blog[\s\S]*leaflet[\s\S]*shop/],
  ] as const) {
    const { code, text } = await run(year, words)
    console.log(text)
    if (code !== 0 || !says.test(text) || /FAILED|needs attention/.test(text)) faults.push(`${words}: exit ${code}: ${text}`)
  }
  return faults
}

/** No archive is larger than it may be, but by what one night brings, which the next one prunes. */
const sizes = ({ archive, limits }: Year): string[] =>
  SITES.filter(site => bytesOf(archive, site) > limits[site].allowance * 1e6 && fullsOf(archive, site).length < 2).map(
    site => `the archive of ${site} has ${bytesOf(archive, site)} bytes, and ${limits[site].allowance} MB are allowed`,
  )

/** What web2 has is what web1 has. */
async function replicas({ lab }: Year): Promise<string[]> {
  const faults: string[] = []
  for (const site of SITES) {
    const [own, replica] = [await lab.sh('web1', stateOf(site)), await lab.sh('web2', stateOf(site))]
    if (own !== replica) faults.push(`the replica of ${site} is not what web1 has`)
  }
  return faults
}

/** Old days come back as they were: the newest, the oldest that is kept, and some between. */
async function recoveries(year: Year): Promise<string[]> {
  const faults: string[] = []
  for (const site of SITES) {
    const [oldest = Number.POSITIVE_INFINITY] = fullsOf(year.archive, site)
    const today = year.lab.days
    const kept = year.evenings.filter(({ night }) => Date.now() + night * DAY > oldest + DAY)
    for (const evening of spread(kept, today > 30 ? 5 : 2))
      faults.push(...(await comesBack(year, site, evening, today - evening.night)))
  }
  return faults
}

const spread = <One>(all: readonly One[], count: number): One[] => [
  ...new Set(
    Array.from(
      { length: Math.min(count, all.length) },
      (_, at) => all[Math.round((at * (all.length - 1)) / Math.max(1, count - 1))]!,
    ),
  ),
]

async function comesBack(year: Year, site: Site, { night, states }: Evening, age: number): Promise<string[]> {
  const into = `/root/${site}-${night}`
  const { code, text } = await run(year, `recover.ts --site ${site} --age ${age}D --into ${into} --yes`)
  if (code !== 0) return [`${site} of night ${night} is not restored: ${text}`]
  const load =
    site === 'leaflet'
      ? ''
      : `mariadb -e 'CREATE OR REPLACE DATABASE then_it_was'; cat ${into}/.holdfast/database.tables/*.sql | mariadb then_it_was;`
  const found = (await year.lab.sh('web1', `${load} ${stateOf(site, `${into}/SITE`, 'then_it_was')}`)).trim()
  return found === states[site] ? [] : [`${site} of night ${night}, ${age} days ago, is not what it was then`]
}
