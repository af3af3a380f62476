import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { planPrune } from '../../lib/core/retention.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { showForecast } from '../../lib/program/look.ts'
import type { SiteStatus } from '../../lib/report/status.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'
import { hostIn } from '../support/host.ts'
import type { Benchmark } from './benchmark.ts'

const SITES = [1, 30, 300]
const exec = promisify(execFile)

const benchmark: Benchmark = {
  about: 'the memory that `forecast --html` takes at most, in a process of its own; MB',
  columns: ['sites', 'MB at most'],
  async *run(folder, tell) {
    for (const sites of SITES) {
      tell(`${sites} sites`)
      const script = `await (await import(${JSON.stringify(import.meta.url)})).writePage(${sites}, process.argv[1]); console.log(process.resourceUsage().maxRSS)`
      const words = ['--input-type=module', '-e', script, join(folder, 'page.html')]
      const { stdout } = await exec(process.execPath, words, { cwd: fileURLToPath(new URL('../..', import.meta.url)) })
      yield [sites, Math.round(Number(stdout) / 1024)]
    }
  },
}
export default benchmark

/** Writes the page of a host with so many sites, each with two chains, forecast for a year. */
export async function writePage(count: number, html: string): Promise<void> {
  const now = at(60)
  const sites = Array.from({ length: count }, (_, index) => siteOf(`site-${index}.example.org`, now))
  const found = { host: 'web1', now, freeSpace: undefined, work: [], lastRun: [], sites }
  const asked = {
    mounted: true,
    html,
    json: false,
    quiet: false,
    nights: 365,
    allowanceBytes: undefined,
    frequencySeconds: undefined,
  }
  await showForecast(found, hostIn('/nowhere', { keepDays: 30 }), asked)
}

function siteOf(site: string, now: number): SiteStatus {
  const full = { volumes: [1, 2, 3], volumeBytes: 100e6 }
  const collection = collectionOf(listing(...chainSketch(0, 29, full), ...chainSketch(30, 29, full)))
  const allowanceBytes = 1000e6
  const plan = planPrune({ collection, allowanceBytes, keepIncrementals: 3, now })
  const report = { site, role: 'primary' as const }
  return {
    report,
    last: undefined,
    collection,
    siteSizes: () => [],
    nights: () => [],
    allowanceBytes,
    frequencySeconds: 30 * 86_400,
    plan,
    now,
    replayed: undefined,
    allReadSince: undefined,
    drill: undefined,
  }
}
