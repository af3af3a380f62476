import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { type ModeChange, modeText, type SiteMode } from '../core/site-mode.ts'
import { CommandFailed } from '../engine/process.ts'
import { makeKeys } from '../host/http-check.ts'
import type { HostContext, SitePlace } from '../host/site.ts'
import { memoryOfSites } from '../host/state.ts'
import { domainsOf } from '../host/web-server-files.ts'
import { textIfThere } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { lineagesOf } from '../restore/lineage.ts'
import { saidMode } from '../web-server/mode-page.ts'
import { isAsWanted, isServed, type ModeFile, modeFiles, putFile, putGuard } from './files.ts'

export type { ModeChange, SiteMode } from '../core/site-mode.ts'

const NO_WEB_SERVER = 'the inventory names no web server (webServer)'

const NOT_SERVED = 'no file in sites-enabled serves the site, and it alone'
/** Milliseconds in which a web server answers by what it has just been told to read. */
const PATIENCE = 10_000

const schema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open') }),
  z.object({ kind: z.literal('frozen') }),
  z.object({ kind: z.literal('copy'), main: z.url() }),
  z.object({ kind: z.literal('forward'), to: z.url() }),
])

/** What this host remembers of a site's mode: the web server's files say which one it is, this what is to be undone. */
export const modeRecords = memoryOfSites(
  'site-modes',
  z.object({
    mode: schema,
    /** What became of it; undefined as long as it is being set. */
    change: z.object({ guarded: z.boolean(), why: z.string().exactOptional(), isOpen: z.boolean().exactOptional() }).optional(),
    /** Since when DNS sends nobody here who would be forwarded, as far as it was looked at; ms since the epoch. */
    leftSince: z.number().optional(),
    /** Its accounts may only read. */
    readOnly: z.boolean().optional(),
    /** Rights that were taken from accounts, as statements that give them back. */
    rights: z.array(z.string()).readonly(),
  }),
)

/** Which mode a site has on this host: what its web server's files say, whoever was killed when. */
export function readSiteMode({ host }: Pick<HostContext, 'host'>, site: SitePlace): SiteMode {
  const files = host.webServer ? modeFiles(host, host.webServer, site, OPEN) : []
  const said = files.map(({ file }) => saidMode(textIfThere(file) ?? '')).find(text => text !== undefined)
  return (said === undefined ? undefined : schema.safeParse(JSON.parse(said)).data) ?? OPEN
}

const OPEN: SiteMode = { kind: 'open' }

/**
 * Sets what visitors get of a site on this host, from outside the site. Setting the mode that it has costs a look at a
 * file. What the web server would not take, or what is not in force when it is asked, is taken back, but for a copy:
 * what there is of its guard stays.
 * @returns whether it is known to be in force
 * @throws when what was is not in force again either
 */
export async function setSiteMode(context: HostContext, site: SitePlace, asked: SiteMode): Promise<ModeChange> {
  const { host } = context
  const known = modeRecords.read(host, site.name)
  let mode = known && isSameOtherHost(known.mode, asked) ? known.mode : asked
  if (!known && mode.kind === 'open' && readSiteMode(context, site).kind === 'open') return { guarded: true }
  const { webServer } = host
  if (!webServer && mode.kind !== 'open') return { guarded: false, why: NO_WEB_SERVER }
  const isThere = !webServer || modeFiles(host, webServer, site, mode).every(isAsWanted)
  const isInForce = isThere && known?.change !== undefined && isDeepStrictEqual(known.mode, mode)
  if (isInForce && known.change!.guarded && known.readOnly === isReadOnly(host, site, mode)) return known.change!
  if (mode.kind === 'forward') {
    const { otherHost } = await import('./prove.ts')
    const found = await otherHost(context, site, mode.to)
    if ('why' in found) return { guarded: false, why: found.why }
    mode = { kind: 'forward', to: found.to }
  }
  return await change(context, site, mode, isInForce)
}

/** The mode of a replica: a copy, which tells its visitors where the main site is. */
export function copyMode(host: Host, site: SitePlace): SiteMode {
  const domains = domainsOf(host, site)
  const domain = domains.find(each => !each.includes('*')) ?? 'localhost'
  return { kind: 'copy', main: `${lineagesOf(host.certificates, domains).length > 0 ? 'https' : 'http'}://${domain}/` }
}

const isReadOnly = (host: Host, site: SitePlace, { kind }: SiteMode): boolean =>
  kind === 'frozen' || (kind === 'copy' && (site.settings.replica ?? host.replica).writes === 'none')

/** Lends the accounts of a replica their rights until its mode is set again: a restore may need them. */
export async function lendRights(context: HostContext, site: SitePlace): Promise<void> {
  const known = modeRecords.read(context.host, site.name)
  if (known?.mode.kind !== 'copy' || known.rights.length === 0) return
  await context.shell.act(`give the accounts of ${site.name} their rights back for the restore`, async () => {
    const { giveRightsBack } = await import('./database.ts')
    await giveRightsBack(context, known.rights)
    modeRecords.write(context.host, site.name, { ...known, rights: [], readOnly: false })
  })
}

/** Whether the accounts of a replica are lent their rights, or it was not here to take them from. */
export const isLent = ({ host }: Pick<HostContext, 'host'>, site: SitePlace): boolean => {
  const known = modeRecords.read(host, site.name)
  return known?.mode.kind === 'copy' && known.readOnly !== isReadOnly(host, site, known.mode)
}

/** By which protocol another host is reached is found out here. */
const isSameOtherHost = (one: SiteMode, other: SiteMode): boolean =>
  one.kind === 'forward' && other.kind === 'forward' && new URL(one.to).hostname === new URL(other.to).hostname

async function change(context: HostContext, site: SitePlace, mode: SiteMode, isInForce: boolean): Promise<ModeChange> {
  const { host, shell } = context
  const { webServer } = host
  const known = modeRecords.read(host, site.name)
  let done: ModeChange = { guarded: true }
  await shell.act(`make ${site.name} ${modeText(mode)}`, async () => {
    const { giveRightsBack, takeRights } = await import('./database.ts')
    let rights = known?.rights ?? []
    const readOnly = isReadOnly(host, site, mode)
    const remember = (news: { change?: ModeChange; readOnly?: boolean }): void =>
      modeRecords.write(host, site.name, { mode, rights, ...news })
    makeKeys(host)
    remember({})
    if (!readOnly && rights.length > 0) {
      await giveRightsBack(context, rights)
      rights = []
    }
    if (webServer) done = await putInForce(context, webServer, site, mode, isInForce)
    // without its guard a copy needs it all the more
    if (readOnly && (done.guarded || mode.kind === 'copy')) {
      const taken = await takeRights(context, site, more => {
        rights = [...rights, ...more]
        remember({})
      })
      if (taken.length > 0) done = { ...done, why: taken.join('; ') }
    }
    if (mode.kind === 'open') modeRecords.remove(host, site.name)
    else remember({ change: done, readOnly })
  })
  return done
}

type WebServer = NonNullable<Host['webServer']>

/** Puts files in place, has the web server test and read them, and asks the site; where they are there, only that. */
async function putInForce(
  context: HostContext,
  webServer: WebServer,
  site: SitePlace,
  mode: SiteMode,
  isInForce: boolean,
): Promise<ModeChange> {
  const { host, shell } = context
  const files = modeFiles(host, webServer, site, mode)
  const before = files.map(({ file, kept }) => ({ file, kept, text: ownTextOf(file) }))
  if (mode.kind !== 'open' && files.every(({ text }) => text === undefined)) return { guarded: false, why: NOT_SERVED }
  if (!isInForce) {
    putGuard(webServer)
    put(files)
    try {
      await shell.quick.act`${webServer.test}`
    } catch (error) {
      // the web server has not read them
      put(before)
      if (!(error instanceof CommandFailed)) throw error
      return { guarded: false, why: error.message }
    }
    await shell.quick.act`${webServer.reload}`
  }
  if (mode.kind === 'copy' && !isServed(host, site)) return { guarded: false, why: NOT_SERVED }
  const { unproven } = await import('./prove.ts')
  const found = await unproven(context, site, mode, isInForce ? 0 : PATIENCE)
  if (found === undefined) return { guarded: true }
  // at boot nothing is served yet, and what starts then reads this first
  if (mode.kind === 'frozen' && found.isDown) return { guarded: true }
  if (mode.kind === 'frozen' || mode.kind === 'forward') {
    put(before)
    await shell.quick.act`${webServer.test}`
    await shell.quick.act`${webServer.reload}`
  }
  return { guarded: false, why: found.why, isOpen: found.isOpen }
}

function ownTextOf(file: string): string | undefined {
  const text = textIfThere(file)
  return text !== undefined && saidMode(text) !== undefined ? text : undefined
}

function put(files: readonly ModeFile[]): void {
  for (const each of files) if (!isAsWanted(each)) putFile(each)
}
