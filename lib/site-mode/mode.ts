import { isDeepStrictEqual } from 'node:util'
import { type ModeChange, modeText, type SiteMode } from '../core/site-mode.ts'
import { messageOf } from '../core/wording.ts'
import type { HostContext, SitePlace } from '../host/site.ts'
import { removeFile, textIfThere, writeWhole } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { apacheModeFile, apacheModeText } from './apache.ts'
import { giveRightsBack, takeRights } from './database.ts'
import { putGuard } from './guard.ts'
import { unproven } from './prove.ts'
import { modeRecords, parseMode } from './record.ts'

export type { ModeChange, SiteMode } from '../core/site-mode.ts'

const OPEN: SiteMode = { kind: 'open' }
const NO_WEB_SERVER =
  'the inventory names no web server (webServer): set it, or see to it there that nothing but GET and HEAD reaches the site, and that wp-cron.php and xmlrpc.php do not'

/** A file of the web server's as it is to be; undefined for none. */
interface Wanted {
  readonly file: string
  readonly text: string | undefined
}

/** Which mode a site has on this host: what its web server's files say, whoever was killed when. */
export function readSiteMode({ host }: Pick<HostContext, 'host'>, site: SitePlace): SiteMode {
  const { webServer } = host
  const text = webServer && textIfThere(apacheModeFile(webServer, site.name))
  const [, said] = /^# Holdfast[^{\n]*(\{.*\})$/m.exec(text ?? '') ?? []
  return (said !== undefined && parseMode(JSON.parse(said))) || OPEN
}

/**
 * Sets what visitors get of a site on this host, from outside the site. Setting the mode that it has costs a look at a
 * file. What the web server would not take, or what is not in force when it is asked, is taken back, but for a copy:
 * what there is of its guard stays.
 * @returns whether it is known to be in force
 * @throws when what was is not in force again either
 */
export async function setSiteMode(context: HostContext, site: SitePlace, mode: SiteMode): Promise<ModeChange> {
  const { host, shell } = context
  const known = modeRecords.read(host, site.name)
  if (!known && mode.kind === 'open') return { guarded: true }
  const { webServer } = host
  const wanted = webServer && wantedOf(host, webServer, site, mode)
  const isThere = !wanted || textIfThere(wanted.file) === wanted.text
  if (known?.change?.guarded && isDeepStrictEqual(known.mode, mode) && isThere) return known.change
  let change: ModeChange = { guarded: true }
  await shell.act(`make ${site.name} ${modeText(mode)}`, async () => {
    let rights = known?.rights ?? []
    const remember = (news: { change?: ModeChange }): void => modeRecords.write(host, site.name, { mode, rights, ...news })
    remember({})
    if (mode.kind === 'open' && rights.length > 0) {
      await giveRightsBack(context, rights)
      rights = []
    }
    change = wanted ? await putInForce(context, webServer!, site, mode, wanted) : { guarded: false, why: NO_WEB_SERVER }
    if (change.guarded && mode.kind === 'frozen') {
      const taken = await takeRights(context, site, more => {
        rights = [...rights, ...more]
        remember({})
      })
      if (taken.length > 0) change = { ...change, why: taken.join('; ') }
    }
    if (mode.kind === 'open') modeRecords.remove(host, site.name)
    else remember({ change })
  })
  return change
}

type WebServer = NonNullable<Host['webServer']>

function wantedOf(host: Host, webServer: WebServer, site: SitePlace, mode: SiteMode): Wanted | undefined {
  if (webServer.kind !== 'apache') return undefined
  return { file: apacheModeFile(webServer, site.name), text: apacheModeText(host, webServer, site, mode) }
}

/** Writes a file whole, has the web server test and read it, and asks the site. */
async function putInForce(
  context: HostContext,
  webServer: WebServer,
  site: SitePlace,
  mode: SiteMode,
  wanted: Wanted,
): Promise<ModeChange> {
  const { stop } = context.shell
  const before = { file: wanted.file, text: textIfThere(wanted.file) }
  try {
    putGuard(webServer)
    await write(context, webServer, wanted)
  } catch (error) {
    stop.throwIfAborted()
    await write(context, webServer, before)
    return { guarded: false, why: messageOf(error) }
  }
  const why = await unproven(context, site, mode)
  if (why === undefined) return { guarded: true }
  if (mode.kind === 'frozen') await write(context, webServer, before)
  return { guarded: false, why }
}

async function write({ shell }: HostContext, { test, reload }: WebServer, { file, text }: Wanted): Promise<void> {
  if (textIfThere(file) !== text) {
    if (text === undefined) removeFile(file)
    else writeWhole(file, text)
  }
  await shell.quick.act`${test}`
  await shell.quick.act`${reload}`
}
