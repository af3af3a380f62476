import { homedir } from 'node:os'
import { join } from 'node:path'
import { formatAge } from '../core/age.ts'
import { testText } from '../core/page.ts'
import { answerText, printTime, type RestorePoint, restorePoints } from '../core/restore-point.ts'
import { whatChanged } from '../core/what-changed.ts'
import { formatBytes, listed } from '../core/wording.ts'
import type { Step } from '../engine/step.ts'
import type { Site } from '../host/site.ts'
import type { Needs } from '../store/facts.ts'

/** How a site is brought back, or a desktop beside itself. */
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
export const suspectText = ({ set: { suspect } }: RestorePoint): string => (suspect ? `, suspect: ${listed(suspect)}` : '')

/** What a backup lacks, after a comma. */
export const withoutText = ({ set: { unread } }: RestorePoint): string =>
  unread === undefined
    ? ''
    : `, without what could not be read when it was made (${listed(unread.map(path => path || 'much of it'))})`
