import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { isClockRight, LITTLE } from '../core/ahead-of-clock.ts'
import { BadInput } from '../core/bad-input.ts'
import { type Collection, type FileRef, newestSet } from '../core/collection.ts'
import { printTime } from '../core/restore-point.ts'
import { counted, messageOf } from '../core/wording.ts'
import { targetOf } from '../duplicity/io/call.ts'
import { readCollection } from '../duplicity/io/collection.ts'
import { datedAfter } from '../duplicity/names.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { rememberOrTell } from '../host/state.ts'
import { desktopSite } from '../site/desktop.ts'
import { listingReport, sealReport } from '../site/report.ts'
import { siteArchiveOf } from '../store/archive.ts'
import type { LookNeeds, Needs } from '../store/facts.ts'
import { lookAtSeals, namesSealedBy, sealRemoval } from '../store/seals.ts'
import { asideFolder, moveAside } from '../store/set-aside.ts'
import type { WriterRequest } from './archive.ts'

/** Whoever can write there can remove sets and records alike, but not what other hosts remember. It ends no backup. */
export const checkSeals: Step<LookNeeds & Needs<'collection'> & WriterRequest, void> = {
  name: 'seals',
  title: 'Check the seals of the archive',
  run: async (facts, shell) => {
    try {
      // what another machine of this name has sealed is right once a person has said that this one goes on from there
      await lookAtSeals(facts, facts.newMachine && facts.site.role.role === 'primary', shell)
    } catch (error) {
      if (shell.stop.aborted) throw error
      shell.note('problem', `cannot tell whether sets were removed or replaced: ${messageOf(error)}`)
    }
    reportSeals(facts, shell)
  },
}

/** Applies to sites that a person has looked at. */
export const isCleared: Condition<Needs<'site'> & ClearRequest, object> = ({ site, cleared }) =>
  cleared.includes(site.name) ? {} : 'nobody has looked at it'

/** Takes the archive as it is now for what it should be. */
export const acceptSeals: Step<Needs<'host' | 'secrets' | 'archive' | 'site'>, void> = {
  name: 'accept-seals',
  title: ({ site }) => `Accept the archive of ${site.name} as it is`,
  run: async ({ host, secrets, archive, site }, shell) => {
    const siteArchive = siteArchiveOf(archive, site.name)
    if (siteArchive.folder === undefined) return
    const collection = await readCollection({ host, secrets, site, siteArchive }, shell)
    await lookAtSeals({ host, site, siteArchive, collection }, true, shell)
  },
}

function reportSeals({ host, site }: Needs<'host' | 'site'>, shell: Shell): void {
  const report = sealReport({ host, site })
  shell.report({ site: site.name, ...report })
  if (report.seals) shell.note('info', report.seals.text)
}

/** What the command line says of suspect sites. */
export interface ClearRequest {
  /** Names of sites that a person has looked at. */
  readonly cleared: readonly string[]
}

/** Remembers that a person has looked at suspect sites, and that what their sets hold until now is as it should be. */
export const clearSuspicion: Step<Needs<'host' | 'localSites'> & ClearRequest, void> = {
  name: 'clear-suspicion',
  title: 'Clear suspicions',
  run: async ({ host, localSites, cleared }, shell) => {
    const names = [...localSites.map(({ name }) => name), ...(host.desktop ? [desktopSite(host).name] : [])]
    const unknown = cleared.find(name => !names.includes(name))
    if (unknown !== undefined) throw new BadInput(`--clear: no site "${unknown}" here`)
    for (const name of cleared)
      await shell.act(`remember that ${name} was looked at`, () => updateRecord(host, name, { cleared: shell.now() }))
  },
}

/** What the command line says of clocks. */
export interface ClockRequest {
  /** This machine's clock is right: what is dated ahead of it is dated wrong. */
  readonly setAsideFuture: boolean
}

type Listed = Needs<'host' | 'secrets' | 'site' | 'siteArchive' | 'collection' | 'limits'>
type ClockNeeds = Listed & ClockRequest

/** Nobody counts what a former owner added, but duplicity would: it would add to it, and find two chains for a day. */
export const setLostAside: Step<Listed & Needs<'ownership'>, Needs<'collection'>> = {
  name: 'lost-sets',
  title: 'Check for backups of a former owner',
  run: async (facts, shell) => {
    const { siteArchive, collection } = facts
    // records are written by whoever can write to the archive: they condemn nothing that is known to be this host's
    const own = namesSealedBy(facts)
    const [mine, lost] = [true, false].map(isMine => (collection.lost ?? []).filter(({ name }) => own.has(name) === isMine))
    if (mine!.length > 0)
      shell.note(
        'problem',
        `${count(mine!)} that ${facts.host.name} made and sealed are said to be a former owner's by what is written beside them: they stay, and are not counted until somebody has looked who wrote that`,
      )
    if (lost!.length === 0 || siteArchive.folder === undefined) return { collection }
    const where = await setAside(facts, lost!, shell)
    shell.note(
      'significant',
      `${count(lost!)} that a former owner added after it had lost the site are no backup of it, and were set aside: they are in ${where}`,
    )
    const after = await readCollection(facts, shell)
    shell.report(listingReport({ ...facts, collection: after }, shell.now()))
    return { collection: after }
  },
}

/** Moves files of a site's archive into a folder beside the others, which no listing looks into. Nothing is deleted. */
async function setAside(facts: Listed, files: readonly FileRef[], shell: Shell): Promise<string> {
  const { folder = '' } = facts.siteArchive
  const aside = asideFolder(shell.now())
  await sealRemoval(facts, files, shell).catch(error => {
    if (shell.stop.aborted) throw error
    // nothing is lost by it, and without it no backup is made
    shell.note('info', `that they are set aside is not sealed: ${messageOf(error)}`)
  })
  const names = files.map(({ name }) => name)
  await moveAside({ ...facts.siteArchive, folder }, names, aside, shell)
  return join(folder, aside)
}

/** Where the clock is right, or a person says so: until the time of such sets has come, no backup could be made. */
export const setFutureAside: Step<ClockNeeds, Needs<'collection'>> = {
  name: 'clock',
  title: 'Check for backups dated in the future',
  run: async (facts, shell) => {
    const { host, site, siteArchive, collection, setAsideFuture } = facts
    const now = shell.now()
    const ahead = datedAfter(collection.files, now + (setAsideFuture ? 0 : LITTLE), siteArchive.prefix)
    if (ahead.length === 0) return { collection }
    const { right, reason } = setAsideFuture ? { right: true, reason: 'as was asked for' } : await askClocks(facts, ahead, shell)
    if (!right || siteArchive.folder === undefined) {
      shell.note(
        'info',
        `${count(ahead)} dated ahead of this clock stay where they are: ${right ? 'at a URL nothing is moved' : reason}`,
      )
      return { collection }
    }
    const where = await setAside(facts, ahead, shell)
    shell.note(
      'significant',
      `${count(ahead)} dated ahead of this clock were set aside, the last of them as of ${lastOf(collection)}: ${reason}. They are in ${where}`,
    )
    await shell.act('remove what this host knows of them', () => dropDatedAhead(facts, now, shell))
    const after = await readCollection(facts, shell)
    await shell.act('remember the newest backup that is left', () =>
      rememberOrTell(shell, 'this host cannot remember its newest backup', () => {
        const { backedUpTo } = readRecord(host, site.name)
        if (backedUpTo !== undefined && backedUpTo > now) updateRecord(host, site.name, { backedUpTo: newestSet(after)?.time })
      }),
    )
    shell.report(listingReport({ ...facts, collection: after }, now))
    return { collection: after }
  },
}

const count = (files: readonly unknown[]): string => counted(files.length, 'file')
const lastOf = (collection: Collection): string => printTime(newestSet(collection)?.time ?? 0)

async function askClocks({ host }: Needs<'host'>, ahead: readonly FileRef[], shell: Shell) {
  const written = ahead.map(({ modifiedAt }) => modifiedAt).filter(time => time !== undefined)
  const writtenAt = host.archive.kind === 'mount' && written.length > 0 ? Math.max(...written) : undefined
  return isClockRight({ now: shell.now(), isSynchronized: await isSynchronized(shell), writtenAt })
}

/** Whether a time server keeps this machine's clock right, by systemd or by chrony; undefined where neither tells. */
async function isSynchronized(shell: Shell): Promise<boolean | undefined> {
  const quiet = shell.with({ timeout: 20, onLine: () => {} })
  const ask = async (asking: Promise<string>): Promise<string> =>
    asking.catch(error => (shell.stop.aborted ? Promise.reject(error) : ''))
  const systemd = (await ask(quiet.ask(String)`timedatectl show --property=NTPSynchronized --value`)).trim()
  if (systemd === 'yes' || systemd === 'no') return systemd === 'yes'
  const chrony = /^Leap status +: (.*)$/m.exec(await ask(quiet.ask(String)`chronyc -n tracking`))?.[1]
  return chrony === undefined ? undefined : chrony === 'Normal'
}

/** Duplicity's copies go out of the archive-dir, lest it resumes an interrupted set that is set aside. */
function dropDatedAhead({ host, site, siteArchive }: ClockNeeds, now: number, shell: Shell): void {
  const { cache, name } = targetOf(host, site.name, siteArchive, 'backup')
  const folder = join(cache, name)
  if (!existsSync(folder)) return
  const names = readdirSync(folder).map(each => ({ name: each }))
  const aside = join(cache, 'set-aside', name)
  for (const { name: file } of datedAfter(names, now, siteArchive.prefix)) {
    try {
      mkdirSync(aside, { recursive: true, mode: 0o700 })
      renameSync(join(folder, file), join(aside, file))
    } catch (error) {
      shell.note('info', `${file} stays in the cache: ${messageOf(error)}`)
    }
  }
}
