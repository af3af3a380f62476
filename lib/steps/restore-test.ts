import { BadInput } from '../core/bad-input.ts'
import { bisect, type FileEvent, fileEvents, type Night } from '../core/bisection.ts'
import { drillFinding, drillText, pointToDrill } from '../core/drill.ts'
import { whatChanged } from '../core/known-good.ts'
import { type SetAnswer, type SetTest, testText } from '../core/page.ts'
import { printTime, type RestorePoint, restorePoints } from '../core/restore-point.ts'
import { differenceOf, type FileDiff } from '../core/site-state.ts'
import { counted, listed, messageOf } from '../core/wording.ts'
import { readCollection } from '../duplicity/io/collection.ts'
import { fileHistory, fileListsOf } from '../duplicity/io/file-lists.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { siteDeadline } from '../host/site.ts'
import { rememberOrTell } from '../host/state.ts'
import { NotTested } from '../restore-test/ask-restored.ts'
import { askedOf, questionInSandbox } from '../restore-test/question.ts'
import type { Search } from '../restore-test/search.ts'
import { recordTest, testRestore } from '../restore-test/test-restore.ts'
import { siteArchiveOf } from '../store/archive.ts'
import type { Needs } from '../store/facts.ts'
import { readSetRecords } from '../store/set-records.ts'

/** That a backup cannot be restored, or its site works no more, is a problem; that it could not be tried is none. */
export const restoreDrill: Step<Needs<'host' | 'secrets' | 'request' | 'archive' | 'site'>, void> = {
  name: 'restore-drill',
  title: ({ site }) => `Restore a backup of ${site.name} into a sandbox`,
  run: async ({ host, secrets, request, archive, site }, shell) => {
    const siteArchive = siteArchiveOf(archive, site.name)
    const collection = await readCollection({ host, secrets, site, siteArchive }, shell)
    const points = restorePoints(collection)
    const last = readRecord(host, site.name).drill
    const chosen = pointToDrill(points, last)
    if (!chosen) return shell.note('info', 'there is no backup to restore')
    const { point, newest } = chosen
    const name = `the backup of ${printTime(point.time)}`
    if (request.dryRun) return shell.note('info', `would restore ${name} into a sandbox and check it`)
    const drill = { ...last, triedAt: shell.now(), newest }
    rememberOrTell(shell, 'that its turn has come', () => updateRecord(host, site.name, { drill }))
    const facts = { host, secrets, site, siteArchive, collection, point }
    try {
      const test = await testRestore(facts, { question: questionInSandbox(host, site), judge: undefined }, host.drillTime, shell)
      if (!test) return
      const text = drillText(point, test)
      await recordTest(host, siteArchive, point.time, test, shell)
      // one of a site that was broken when it was made is as it should be
      const didWork = point.set.answer?.works !== false && points.some(({ set }) => set.tested?.works)
      const now = { ...drill, doneAt: shell.now(), said: text, isProblem: isProblem(test, didWork) }
      rememberOrTell(shell, 'the restore drill', () => updateRecord(host, site.name, { drill: now }))
      shell.report({
        site: site.name,
        drilledAt: now.doneAt,
        drillProblem: drillFinding(now),
        ...(test.works && { drill: text }),
      })
      shell.note(test.works || now.isProblem ? 'info' : 'warning', `restore drill of ${text}`)
    } catch (error) {
      if (shell.stop.aborted) throw error
      shell.note('warning', `no restore drill of ${name}: ${messageOf(error)}`)
    }
  },
}

/** A site that needs more than PHP and its database works in no sandbox: it is the backup's fault only if one did. */
const isProblem = ({ works, restored, importFailed }: SetTest, didWork: boolean): boolean =>
  !works && (didWork || restored === undefined || importFailed === true)

export type BisectRequest = { readonly search: Search }

type Searches = Needs<'host' | 'secrets' | 'request' | 'site' | 'siteArchive' | 'collection'> & BisectRequest

export const wantsFile: Condition<BisectRequest, { file: string }> = ({ search: { file } }) =>
  file === undefined ? 'no file was named' : { file }

export const wantsBisection: Condition<BisectRequest, object> = ({ search }) =>
  search.file === undefined ? {} : 'only the history of a file was asked for'

/** Refuses what has no pages, and what another host writes down. @throws {BadInput} */
export const checkBisectable: Step<Needs<'host' | 'site'>, void> = {
  name: 'check-bisectable',
  title: 'Check that its backups can be tried here',
  run: async ({ host, site }) => {
    if (site.isDesktop) throw new BadInput(`--site: ${site.name} is a desktop, wanted a website`)
    const isOurs = site.role.role === 'primary' || (site.role.role === 'incoming' && site.local === undefined)
    if (!isOurs) throw new BadInput(`${site.name} is ${site.role.role} on ${host.name}: wanted its owner: ${site.role.reason}`)
  },
}

/** By what is known of its nights, else by restoring them into a sandbox. What comes of it counts the next time. */
export const bisectBackups: Step<Searches, void> = {
  name: 'bisect',
  title: ({ site }) => `Find the last backup of ${site.name} that works`,
  run: async (facts, shell) => {
    const { site, request, collection, search } = facts
    const { before = Number.POSITIVE_INFINITY } = search
    const points = restorePoints(collection).filter(({ time }) => time <= before)
    if (points.length === 0) throw new BadInput(`there is no backup of ${site.name}${search.before ? ' of that time' : ''}`)
    const answers = await knownAnswers(facts, points, shell)
    const nights: Night[] = points.map(({ problems }, at) =>
      problems.length > 0 ? 'cannot be tried' : answers[at] && nightOf(answers[at]),
    )
    shell.note(
      'info',
      `${counted(points.length, 'backup')}; whether they work is known of ${nights.filter(night => night).length}`,
    )
    for (let restores = 0; ; restores++) {
      const step = bisect(nights)
      if (step.next === undefined) {
        shell.note('info', `${counted(restores, 'restore')} made`)
        return await reportFound(facts, points[step.good ?? -1], points[step.bad ?? -1], shell)
      }
      const point = points[step.next]!
      if (request.dryRun) return shell.note('info', `would restore the backup of ${printTime(point.time)} first`)
      nights[step.next] = await tryPoint(facts, point, shell)
    }
  },
}

const nightOf = ({ works, ...test }: SetAnswer | SetTest): Night =>
  works ? 'good' : 'at' in test && test.restored === undefined ? 'cannot be tried' : 'bad'

/** What is known of each point as an answer to this question: of the site's own check also what it said at night. */
async function knownAnswers({ siteArchive, search }: Searches, points: readonly RestorePoint[], shell: Shell) {
  const asked = askedOf(search)
  const records = new Map((await readSetRecords(siteArchive, shell)).map(record => [record.time, record]))
  return points.map(({ time }): SetAnswer | undefined => {
    const { answer, tests } = records.get(time) ?? {}
    return (asked === undefined ? answer : undefined) ?? tests?.find(test => test.asked === asked)
  })
}

async function tryPoint(facts: Searches, point: RestorePoint, shell: Shell): Promise<Night> {
  const { host, site, siteArchive, search } = facts
  shell.progress(`restoring the backup of ${printTime(point.time)}`)
  try {
    const question = questionInSandbox(host, site, search)
    const test = await testRestore(
      { ...facts, point },
      { question, judge: search.judge?.path },
      siteDeadline({ host, site }).seconds,
      shell,
    )
    if (!test) return 'cannot be tried'
    const asked = askedOf(search)
    const done: SetTest = { ...test, ...(asked !== undefined && { asked }) }
    await recordTest(host, siteArchive, point.time, done, shell)
    shell.note('info', `${printTime(point.time)}: ${testText(done)}`)
    return nightOf(done)
  } catch (error) {
    if (!(error instanceof NotTested)) throw error
    shell.note('warning', `${printTime(point.time)}: it cannot be tried: ${messageOf(error)}`)
    return 'cannot be tried'
  }
}

/** Tells the two neighbours, what changed between them, and the command that brings the good one back. */
async function reportFound(
  facts: Searches,
  good: RestorePoint | undefined,
  bad: RestorePoint | undefined,
  shell: Shell,
): Promise<void> {
  const { site, request, collection } = facts
  if (!good && !bad) return shell.note('problem', 'none of its backups can be tried')
  if (!bad)
    return shell.note(
      'info',
      `the newest of them works: ${printTime(good!.time)}. --expect and --path say what a working page has`,
    )
  if (!good) {
    const hint = 'Where a site needs more than PHP and its database, it works in no sandbox'
    return shell.note('problem', `none works, not even the oldest that can be tried, of ${printTime(bad.time)}. ${hint}`)
  }
  shell.note('info', `the last that works: the backup of ${printTime(good.time)}`)
  shell.note('info', `the first that does not: the backup of ${printTime(bad.time)}`)
  const between = restorePoints(collection).filter(({ time }) => time > good.time && time < bad.time)
  if (between.length > 0) shell.note('warning', `${counted(between.length, 'backup')} between them cannot be tried`)
  const files = between.length > 0 ? undefined : await fileListsOf(facts, collection, bad.set, shell)
  const changes = [
    ...whatChanged(collection, good.time, bad.time),
    ...filesText(files?.before && differenceOf(files.before, files.after)),
  ]
  for (const change of changes) shell.note('info', `  between them: ${change}`)
  shell.note('info', `to bring it back: ${request.command('recover', '--site', site.name, '--at', printTime(good.time))}`)
}

const filesText = (diff: FileDiff | undefined): string[] =>
  Object.entries(diff ?? {}).flatMap(([what, paths]) => (paths.length === 0 ? [] : [`${what}: ${listed(paths)}`]))

/** Tells between which backups a file appeared, changed or went, without any restore. */
export const reportFileHistory: Step<Searches & { file: string }, void> = {
  name: 'file-history',
  title: ({ site, file }) => `Find ${file} in the backups of ${site.name}`,
  run: async (facts, shell) => {
    const { file, search, collection } = facts
    const { known, unknown } = await fileHistory(facts, collection, file, shell)
    const { before = Number.POSITIVE_INFINITY } = search
    const events = fileEvents(known.filter(({ time }) => time <= before))
    for (const event of events) shell.note('info', eventText(event))
    if (events.length === 0)
      shell.note('info', `${file} is in none of the ${counted(known.length, 'backup')} whose files are known here`)
    if (unknown.length > 0)
      shell.note(
        'warning',
        `of ${counted(unknown.length, 'backup')} this host does not have the list of files: ${listed(unknown.map(printTime))}`,
      )
  },
}

const eventText = ({ what, after, by }: FileEvent): string =>
  after === undefined
    ? `it is there in the oldest backup, of ${printTime(by)}`
    : `it ${what} between the backups of ${printTime(after)} and ${printTime(by)}`
