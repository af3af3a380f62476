import { printTime, type RestorePoint, restorePoints } from '../../core/restore-point.ts'
import { type Contents, chooseForReplica, coreRows, heldText, type ReplicaFacts, refusalOf } from '../../core/shrinkage.ts'
import { dumpRowsOf } from '../../database/dump-size.ts'
import type { Shell } from '../../engine/shell.ts'
import type { Step } from '../../engine/step.ts'
import { readRecord, type SiteRecord, updateRecord } from '../../host/site-record.ts'
import type { Restoring } from '../../restore/transaction.ts'
import { isSiteEmpty } from '../../site/contents.ts'
import type { Needs } from '../../store/facts.ts'
import { acceptAfterOf, recordsOrNone, type ShrinkageRequest } from '../shrinkage.ts'

/** The backup that a replica may follow, if there is any, and by what that was decided. */
export interface Followed {
  readonly followed: { readonly point: RestorePoint | undefined; readonly facts: ReplicaFacts }
}

type Chooses = Needs<'host' | 'site' | 'siteArchive' | 'collection'> & ShrinkageRequest

/** Chooses the backup that a replica follows: the newest, unless the site has shrunk in it and nobody has confirmed that. */
export const chooseNewest: Step<Chooses, Followed> = {
  name: 'choose-newest',
  title: ({ site }) => `Choose the backup for the replica of ${site.name}`,
  run: async ({ host, site, siteArchive, collection, acceptShrinkage }, shell) => {
    const known = readRecord(host, site.name)
    const facts = {
      points: restorePoints(collection),
      records: await recordsOrNone(siteArchive, shell),
      restoredFrom: site.local && known.restoredFrom,
      contents: known.contents,
      heldSince: known.held?.byOwner === false ? known.held.since : undefined,
      now: shell.now(),
      acceptAfter: acceptAfterOf(host),
      isAccepted: acceptShrinkage,
    }
    const { point, held } = chooseForReplica(facts)
    const isUpToDate = point !== undefined && point.time === facts.restoredFrom
    // what was found in the files themselves is settled by the restore that finds it no more
    if (held !== undefined || known.held?.byOwner || isUpToDate) await remember({ host, site }, known, held, shell)
    return { followed: { point, facts } }
  },
}

async function remember(
  { host, site }: Needs<'host' | 'site'>,
  known: SiteRecord,
  held: Omit<NonNullable<SiteRecord['held']>, 'since'> | undefined,
  shell: Shell,
): Promise<void> {
  const since = held && known.held?.byOwner === held.byOwner ? known.held.since : shell.now()
  if (held !== undefined || known.held !== undefined)
    await shell.act('record whether the replica stays behind', () =>
      updateRecord(host, site.name, { held: held && { ...held, since } }),
    )
  if (held) shell.note('info', heldText(held))
  shell.tell({ site: site.name, shrinkage: held ? heldText(held) : null })
}

type Checks = Needs<'host' | 'request' | 'site'> & Followed & { restoring: Restoring; point: RestorePoint }

/**
 * Counts what was restored, before any of it is put in place: a set that has less than half of what the replica has is refused, whatever is written down of it beside the archive, which
 * whoever made the set could have written too.
 */
export const checkContents: Step<Checks, { contents: Contents }> = {
  name: 'check-contents',
  title: 'Compare with the current replica',
  run: async ({ host, request, site, followed, restoring, point }, shell) => {
    if (request.dryRun) return { contents: {} }
    const contents = await contentsIn(restoring.tree, site.folder, shell)
    const reasons = refusalOf(followed.facts, contents, point.time)
    if (reasons.length === 0) return { contents }
    const held = { time: point.time, reasons, byOwner: false }
    await remember({ host, site }, readRecord(host, site.name), held, shell)
    const accept = request.command('nightly', '--site', site.name, '--accept-shrinkage')
    throw new Error(`the backup of ${printTime(point.time)} is not put in place: the replica ${heldText(held)}: ${accept}`)
  },
}

/** Remembers what the replica consists of now. */
export const rememberContents: Step<Needs<'host' | 'site'> & { contents: Contents }, void> = {
  name: 'remember-contents',
  title: 'Record its contents',
  run: async ({ host, site, contents }, shell) => {
    await shell.act('remember how much it is', () => updateRecord(host, site.name, { contents, held: undefined }))
    shell.tell({ site: site.name, shrinkage: null })
  },
}

/** What a restored tree consists of. */
async function contentsIn(tree: string, live: string, shell: Shell): Promise<Contents> {
  const quiet = shell.with({ onLine: () => {} })
  const script = `find "$1" -mindepth 1 -printf '%s\\n' | awk '{ bytes += $1 } END { printf "%d %.0f", NR, bytes }'`
  const told = await quiet.ask(String)`sh -c ${script} contents ${tree}`
  const [files, bytes] = told.split(' ').map(Number)
  const rows = await dumpRowsOf(tree, shell)
  return { files, bytes, isEmpty: isSiteEmpty(tree, live), ...(rows && { rows: coreRows(rows) }) }
}
