import { isDeepStrictEqual } from 'node:util'
import {
  alarmSigns,
  isAlarm,
  isNoise,
  isProgram,
  type Night,
  programsToLookAt,
  type SuspicionMemory,
  textsToLookAt,
} from '../core/alarm.ts'
import { type BackupSet, setsOf } from '../core/collection.ts'
import { stateAt } from '../core/known-good.ts'
import { countedByKind, differenceOf, type FileDiff, type SiteState } from '../core/site-state.ts'
import { fileListsOf } from '../duplicity/io/file-lists.ts'
import type { Step } from '../engine/step.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { rememberOrTell } from '../host/state.ts'
import { wordPressOf } from '../site/contents.ts'
import type { LookNeeds, Needs } from '../store/facts.ts'
import type { Made } from './backup.ts'
import type { Checked } from './check-site.ts'

/**
 * Compares the set that was just made with the one before it, by what the run holds anyway, and looks for what only an
 * accident or an attack does to a site. It is backed up all the same; what was suspect stays so until a person clears
 * it.
 */
export const compareContents: Step<LookNeeds & Needs<'collection'> & Made & Checked, Made> = {
  name: 'compare-contents',
  title: 'Compare with the night before',
  run: async (facts, shell) => {
    const { host, site, collection, made, answer } = facts
    if (!made) return { made }
    const sets = collection.chains.flatMap(setsOf).filter(({ time }) => time < made.set.time)
    const before = stateAt(sets, made.set.time)
    const lists = await fileListsOf(facts, collection, made.set, shell)
    const diff = lists?.before && differenceOf(lists.before, lists.after)
    const state = {
      ...made.record.state,
      ...wordPressOf(site, lists?.after, shell),
      ...(diff && { changes: countedByKind(diff) }),
      ...(answer?.page && { page: answer.page }),
    }
    const worked = sets.findLast(set => set.answer !== undefined)?.answer?.works === true
    const stopped = worked && answer?.works === false ? `it worked and does not any more: ${answer.said}` : undefined
    const signs = alarmSigns({
      before: { ...before, files: lists?.before },
      after: { ...state, files: lists?.after },
      isEmptied: made.record.isEmpty === true && (lists?.before?.size ?? 0) > 0,
      ...lookedAt(site.folder, diff),
      stopped,
    })
    const earlier = stillSuspect(sets.at(-1), readRecord(host, site.name))
    const suspect = isAlarm(signs) || earlier.length > 0 ? [...new Set([...earlier, ...signs])] : undefined
    // that it does not work any more is reported anyway
    const unusual = suspect ? [] : signs.filter(sign => sign !== stopped)
    for (const sign of unusual) shell.note('warning', `an unusual change: ${sign}`)
    if (suspect)
      rememberOrTell(shell, 'that the site is suspect is known to its archive alone', () =>
        updateRecord(host, site.name, { suspect: { time: made.set.time, signs: suspect } }),
      )
    const kept = made.set.kind === 'full' ? state : newsIn(state, before)
    return { made: { ...made, record: { ...made.record, state: kept, ...(suspect && { suspect }) } } }
  },
}

/** What was suspect the night before and nobody has cleared, by what this host remembers or the set's own mark. */
function stillSuspect(previous: BackupSet | undefined, { suspect, cleared = 0 }: SuspicionMemory): readonly string[] {
  if (suspect && suspect.time > cleared) return suspect.signs
  return previous && previous.time > cleared ? (previous.suspect ?? []) : []
}

/** What is not as it was: only full sets, on which the others build, have all of it written down. */
const newsIn = (state: SiteState, before: SiteState): SiteState =>
  Object.fromEntries(
    Object.entries(state).filter(
      ([field, value]) => field === 'changes' || !isDeepStrictEqual(value, before[field as keyof SiteState]),
    ),
  )

/** The most of a file that is read to see what it is. */
const HEAD = { program: 65_536, text: 4096 } as const
/** The most files below uploads that are read: more of them are programs unread. */
const MOST = 200

/** What some of the files that changed are, by their contents. Their owner may put anything in their place. */
function lookedAt(folder: string, diff: FileDiff | undefined): Pick<Night, 'programs' | 'texts'> {
  if (!diff) return { programs: [], texts: { looked: 0, noise: 0 } }
  using opened = OpenedFolder.open(folder)
  const candidates = programsToLookAt(diff)
  const programs = candidates.filter((path, at) => at >= MOST || runs(path, headOf(opened, path, HEAD.program)))
  const heads = textsToLookAt(diff).flatMap(path => headOf(opened, path, HEAD.text) ?? [])
  return { programs, texts: { looked: heads.length, noise: heads.filter(isNoise).length } }
}

const runs = (path: string, head: Buffer | undefined): boolean => head !== undefined && isProgram(path, head.toString('utf8'))

function headOf(folder: OpenedFolder, path: string, bytes: number): Buffer | undefined {
  const at = path.lastIndexOf('/')
  try {
    using within = at < 0 ? undefined : folder.folder(path.slice(0, at))
    using file = (within ?? folder).file(path.slice(at + 1))
    return file.head(bytes)
  } catch {
    return undefined // it is gone again, or no file any more
  }
}
