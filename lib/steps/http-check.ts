import type { SiteAnswer } from '../core/page.ts'
import { withRecords } from '../core/set-record.ts'
import type { Step } from '../engine/step.ts'
import { httpCheck } from '../host/http-check.ts'
import { brokenReport } from '../site/report.ts'
import type { Needs } from '../store/facts.ts'
import type { Made } from './read-back-set.ts'

/** What the site answered tonight; undefined where no HTTP check: no domain or `check` configured. */
export type Checked = { readonly answer: SiteAnswer | undefined }

/** Asks the site whether it works, right before it is backed up. It is backed up whatever it says. */
export const checkSite: Step<Needs<'host' | 'site'>, Checked> = {
  name: 'http-check',
  title: 'HTTP check',
  run: async ({ host, site }, shell) => {
    const answer = await httpCheck(host, site, shell.stop)
    shell.note('info', answer?.said ?? 'no HTTP check: no domain or `check` configured')
    return { answer }
  },
}

/** Adds what the site answered to what is written down of the new set, and tells whether it has stopped working. */
export const recordAnswer: Step<Needs<'host' | 'site' | 'collection'> & Made & Checked, Needs<'collection'> & Made> = {
  name: 'record-answer',
  title: 'Record the HTTP check',
  run: async ({ host, site, collection: before, made, answer }, shell) => {
    if (!made || !answer) return { collection: before, made }
    const { works, said } = answer
    const record = { ...made.record, answer: { works, said } }
    const collection = withRecords(before, [{ time: made.set.time, answer: record.answer }])
    shell.tell({ site: site.name, broken: brokenReport({ host, site, collection }, shell.now()) })
    return { collection, made: { ...made, record } }
  },
}
