import { homedir } from 'node:os'
import { join } from 'node:path'
import { formatAge } from '../core/age.ts'
import { BadInput } from '../core/bad-input.ts'
import { type Collection, setsOf } from '../core/collection.ts'
import { whatChanged } from '../core/known-good.ts'
import { testText } from '../core/page.ts'
import type { Transaction } from '../core/restore-journal.ts'
import {
  adviceInstead,
  answerText,
  isKnownBroken,
  lastGoodPoint,
  newestRestorePoint,
  olderCandidate,
  printTime,
  type RestorePoint,
  restorePointAt,
  restorePoints,
} from '../core/restore-point.ts'
import { formatBytes, listed, messageOf } from '../core/wording.ts'
import type { Condition, Step } from '../engine/step.ts'
import { type Site, siteAsked } from '../host/site.ts'
import { confirm as askForYes } from '../host/terminal.ts'
import type { Looked } from '../restore/disk-space.ts'
import { type Recovery, type Scope, whatOf } from '../restore/recovery.ts'
import { desktopSite } from '../site/desktop.ts'
import type { Needs } from '../store/facts.ts'
import type { RolledBack } from './lock.ts'
import type { Answered, Insisting } from './restore.ts'

/** A primary here, or one whose folder is lost while its archive says that it is ours (S23). */
export const chooseSite: Step<Needs<'host' | 'roles' | 'request'> & { recovery: Recovery }, Needs<'site'>> = {
  name: 'choose-site',
  title: 'Check that the site can be recovered here',
  run: async ({ host, roles, request, recovery }, shell) => {
    if (host.desktop && request.only[0] === desktopSite(host).name) return { site: chooseDesktop(desktopSite(host), recovery) }
    const site = siteAsked(roles, request)
    const { name } = site
    const { role, reason } = site.role
    const isLost = role === 'incoming' && site.local === undefined
    if (role !== 'primary' && !isLost && !recovery.list)
      throw new BadInput(`${name} cannot be recovered on ${host.name}: it is ${role} here: ${reason}`)
    shell.note('info', isLost ? `${name} has no folder here; its archive says that it is ${host.name}'s` : reason)
    return { site }
  },
}

/** It is in use while it is recovered: what comes back goes beside what is there, for its owner to choose from. */
function chooseDesktop(site: Site, { into, list, scope }: Recovery): Site {
  if (!scope.files && scope.paths.length === 0)
    throw new BadInput(`${site.name} has no database: leave ${scope.tables.length > 0 ? '--table' : '--db-only'} out`)
  if (into === undefined && !list)
    throw new BadInput(`${site.name} is a desktop, and a desktop's files are restored into another folder: add --into DIR`)
  return site
}

type Chosen = { point: RestorePoint; scope: Scope } & Insisting

/** Before duplicity is asked, which would silently take its oldest set for a time before all. */
export const choosePoint: Step<Needs<'collection' | 'site' | 'request'> & { recovery: Recovery }, Chosen> = {
  name: 'choose',
  title: ({ site }) => `Choose the backup of ${site.name}`,
  run: async ({ collection, site, request, recovery }, shell) => {
    const point = pointFor(recovery, collection)
    const sets = setsOf(point.chain)
    const place = `${point.set.kind} set, ${sets.indexOf(point.set) + 1} of ${sets.length} in the chain of ${printTime(point.chain.startAt)}`
    shell.note('info', `asked for: ${recovery.asked}`)
    shell.note('info', `chosen: the backup of ${printTime(point.time)}, ${formatAge(shell.now() - point.time)} old (${place})`)
    if (point.set.unread) shell.note('warning', `the backup is${withoutText(point).slice(1)}; an older one may have it`)
    const near = recovery.lastGood ? around(point, collection) : []
    for (const [at, each] of near.entries()) {
      const mark = each.time === point.time ? 'the chosen one' : answerText(each) || 'not known'
      shell.note('info', `  ${printTime(each.time)}  ${mark}${suspectText(each)}`)
      const before = near[at - 1]
      if (before?.time === point.time)
        for (const change of whatChanged(collection, before.time, each.time)) shell.note('info', `    ${change}`)
    }
    if (point.problems.length > 0) {
      const why = `the backup of ${printTime(point.time)} cannot be restored: ${point.problems.join('; ')}`
      const instead = (...options: string[]): string =>
        request.command('recover', '--site', site.name, ...again(recovery), ...options)
      throw new Error(`${why}; ${adviceInstead(collection, point, instead)}`)
    }
    return { point, scope: recovery.scope, insists: recovery.anyway || isKnownBroken(point) }
  },
}

const recoverWords = ({ name, isDesktop }: Site): string[] => [
  ...['--site', name],
  ...(isDesktop ? ['--into', join(homedir(), `restored-${name}`)] : []),
]

/** Lists the restore points, the newest last, with the command that takes one. */
export const listPoints: Step<Needs<'collection' | 'site' | 'request'>, void> = {
  name: 'list',
  title: ({ site }) => `Restore points of ${site.name}`,
  run: async ({ collection, site, request }, shell) => {
    const points = restorePoints(collection)
    for (const [at, point] of points.entries()) {
      const before = points[at - 1]
      const damage = point.problems.length === 0 ? '' : `, cannot be restored: ${point.problems.join('; ')}`
      const answer = answerText(point)
      const size = point.set.bytes === undefined ? '' : `, ${formatBytes(point.set.bytes)}`
      shell.note(
        'info',
        `${printTime(point.time)}, ${formatAge(shell.now() - point.time)} ago, ${point.set.kind}${size}${withoutText(point)}${answer === '' ? '' : `, ${answer}`}${testedText(point)}${suspectText(point)}${damage}`,
      )
      for (const change of before ? whatChanged(collection, before.time, point.time) : []) shell.note('info', `  ${change}`)
    }
    const last = points.at(-1)
    shell.note(
      'info',
      last ? `to take one: ${request.command('recover', ...recoverWords(site), '--at', printTime(last.time))}` : 'there is none',
    )
  },
}

/** What came of its last restore into a sandbox, after a comma. */
const testedText = ({ set: { tested } }: RestorePoint): string => (tested ? `, in a sandbox ${testText(tested)}` : '')

/** That a backup is suspect, after a comma. */
const suspectText = ({ set: { suspect } }: RestorePoint): string => (suspect ? `, suspect: ${listed(suspect)}` : '')

/** What a backup lacks, after a comma. */
const withoutText = ({ set: { unread } }: RestorePoint): string =>
  unread === undefined
    ? ''
    : `, without what could not be read when it was made (${listed(unread.map(path => path || 'much of it'))})`

/** Tells whether the site works now, and names the next older backup to try where it does not. */
export const reportRecovered: Step<Needs<'collection' | 'site' | 'request'> & Answered & { point: RestorePoint }, void> = {
  name: 'recovered',
  title: ({ site }) => `Check that ${site.name} works`,
  run: async ({ collection, site, request, point, after }, shell) => {
    if (!after || after.works) return shell.report({ site: site.name, stillBroken: null })
    const older = olderCandidate(collection, point)
    const next =
      older === undefined
        ? 'there is no older backup to try'
        : `the next older one to try, which ${older.set.answer?.works ? 'is known to be good' : 'is not known to be broken'}: ${request.command('recover', '--site', site.name, '--at', printTime(older.time))}`
    const text = `still broken: ${after.said}; ${next}`
    shell.report({ site: site.name, stillBroken: { level: 'attention', text } })
  },
}

function around({ time }: RestorePoint, collection: Collection): readonly RestorePoint[] {
  const points = restorePoints(collection)
  const index = points.findIndex(point => point.time === time)
  return points.slice(Math.max(0, index - NEXT_TO), index + NEXT_TO + 1)
}

const NEXT_TO = 2

/** The words that ask for the same of another backup. */
const again = ({ into, scope }: Recovery): string[] => [
  ...(into === undefined ? [] : ['--into', into]),
  ...scope.paths.flatMap(path => ['--path', path]),
  ...scope.tables.flatMap(table => ['--table', table]),
  ...(scope.files || scope.paths.length > 0 || scope.tables.length > 0 ? [] : ['--db-only']),
  ...(scope.database || scope.paths.length > 0 ? [] : ['--files-only']),
]

function pointFor({ time, lastGood }: Recovery, collection: Collection): RestorePoint {
  try {
    if (lastGood) return lastGoodPoint(collection, time)
    if (time !== undefined) return restorePointAt(collection, time)
  } catch (error) {
    throw new BadInput(messageOf(error))
  }
  const newest = newestRestorePoint(collection)
  if (!newest) throw new BadInput('the archive holds no backup of this site')
  return newest
}

type WithRecovery = { recovery: Recovery }

export const wantsUndo: Condition<WithRecovery & RolledBack & Needs<'request'>, object> = ({ recovery, rolledBack, request }) => {
  if (!recovery.undo) return 'not asked for'
  const [site = ''] = request.only
  return rolledBack.includes(site) ? 'the last restore had been interrupted: that it was rolled back just now is the undo' : {}
}

const wants =
  (isWanted: (recovery: Recovery) => boolean, otherwise: string): Condition<WithRecovery, object> =>
  ({ recovery }) =>
    isWanted(recovery) ? {} : otherwise
export const wantsArchive = wants(({ undo }) => !undo, 'an undo needs no archive')
export const wantsList = wants(({ list }) => list, 'not asked for')
export const wantsRestore = wants(({ list }) => !list, 'only the list was asked for')
export const wantsInPlace = wants(({ into }) => into === undefined, 'it is restored elsewhere')
export const wantsElsewhere: Condition<WithRecovery, { into: string }> = ({ recovery: { into } }) =>
  into === undefined ? 'it is restored in place' : { into }

type Asked = Needs<'host' | 'site' | 'request'> & { recovery: Recovery } & (
    | ({ readonly point: RestorePoint } & Looked<'recover'>)
    | { readonly kept: Transaction }
  )

export const confirm: Step<Asked, void> = {
  name: 'confirm',
  title: 'Confirm',
  run: async ({ host, site, request, recovery, ...by }, shell) => {
    if (recovery.yes || request.dryRun) return
    const what = recovery.undo ? `what is live of ${site.name}` : `the live ${whatOf(recovery.scope)} of ${site.name}`
    const ago = (time: number): string => `${formatAge(shell.now() - time)} ${'kept' in by ? 'ago' : 'old'}`
    const other =
      'kept' in by
        ? `what the restore of ${ago(by.kept.startedAt)} replaced`
        : `the backup of ${printTime(by.point.time)}, ${ago(by.point.time)}`
    const question = `Replace ${what} on ${host.name} by ${other}? What is there now is kept, --undo brings it back. Type yes: `
    const need = 'kept' in by ? undefined : (by.room.doubt ?? by.room.text)
    await askForYes(need === undefined ? question : `${need}.\n${question}`, shell.stop)
  },
}
