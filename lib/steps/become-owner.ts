import { claimsIn, MARKER } from '../core/marker.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { httpCheck } from '../host/http-check.ts'
import { rememberEpoch, setLocalMarker } from '../host/local-owner.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { placeOf } from '../host/site.ts'
import { readSiteMode, setSiteMode } from '../site-mode/mode.ts'
import { siteArchiveOf } from '../store/archive.ts'
import { setArchiveMarker } from '../store/claim.ts'
import { readEpoch } from '../store/epochs.ts'
import type { Needs } from '../store/facts.ts'
import { unlessMissing } from '../store/share-files.ts'
import { thaw } from './handover.ts'
import { archiveFiles, readMove } from './move.ts'
import type { Asked } from './takeover.ts'

type Owns = Needs<'host' | 'secrets' | 'archive' | 'site'>

/** Lets visitors write, and has the markers in the archive and here say what the epoch says. Again, it does no harm. */
export const becomeOwner: Step<Owns & { claimed: true }, { owned: true }> = {
  name: 'become-owner',
  title: ({ site }) => `Let ${site.name} be written to`,
  run: async (facts, shell) => {
    await makeOwner(facts, shell)
    return { owned: true }
  },
}

async function makeOwner({ host, secrets, archive, site }: Owns, shell: Shell): Promise<void> {
  const { guarded, why } = await setSiteMode({ host, secrets, shell }, site, { kind: 'open' })
  if (!guarded) shell.note('warning', `whether visitors can write to ${site.name} is not this host's to say: ${why}`)
  const files = archiveFiles(siteArchiveOf(archive, site.name), shell)
  await setArchiveMarker(files, claimsIn((await files.names(MARKER).catch(unlessMissing)) ?? []), host.name)
  const epoch = await readEpoch(files)
  // the marker here is last but for what is only remembered: until it is there, the next run does all of this again
  await shell.act(`mark ${site.folder} as ${host.name}'s`, () => {
    setLocalMarker(site.folder, host.name)
    if (epoch) rememberEpoch(host, site, epoch)
  })
  await shell.act('forget what was handed over', () => updateRecord(host, site.name, { handover: undefined }))
}

/** Asks the site once more, now that it is this host's. */
export const askAfterClaim: Step<Needs<'host' | 'site'> & { owned: true } & Asked, void> = {
  name: 'ask-after-claim',
  title: ({ host, site }) => `Ask ${site.name} as ${host.name}'s`,
  run: async ({ host, site, asked }, shell) => {
    if (!asked) return
    await shell.act('ask the site over HTTP', async () => {
      const answer = await httpCheck(host, site, shell.stop)
      const isWorse = answer?.works === false && asked.works
      if (answer) shell.note(isWorse ? 'problem' : 'info', `${answer.said} (${asked.said} before it was claimed)`)
    })
  },
}

/**
 * Finishes a takeover, or a handover that was taken back, which was cut off after the epoch was taken. A site that may
 * have been let go stays as it is. @throws for such a site, with the commands that go on
 */
export const settleOwned: Step<Owns & Needs<'request'>, void> = {
  name: 'settle-owned',
  title: ({ site }) => `Look whether ${site.name} was being moved`,
  run: async ({ host, secrets, archive, request, site }, shell) => {
    const { handover } = readRecord(host, site.name)
    const mode = readSiteMode({ host }, site)
    const isMarked = site.local?.claims.length === 1 && site.local.claims[0] === host.name
    if (archive.kind === 'url' || (!handover && mode.kind === 'open' && isMarked)) return
    const { move } = await readMove(host, site, siteArchiveOf(archive, site.name), shell)
    if (move.kind === 'uncertain') {
      const again = request.command('handover', '--site', site.name, '--to', move.to)
      const back = request.command('handover', '--site', site.name, '--cancel')
      throw new Error(
        `a handover to ${move.to} was cut off, and the site stays frozen. To go on: ${again}\nTo take it back: ${back}`,
      )
    }
    if (move.kind !== 'owner' && move.kind !== 'frozen') return
    await makeOwner({ host, secrets, archive, site }, shell)
    shell.note('significant', `${site.name} is ${host.name}'s: what a run that was cut off had left of its move is done`)
  },
}

/** Thaws sites whose handover was cut off before they were let go: nobody else can have taken them by it. */
export const thawInterrupted: Step<Needs<'host' | 'secrets' | 'request' | 'localSites'>, void> = {
  name: 'thaw-interrupted',
  title: 'Thaw sites whose handover was cut off',
  run: async ({ host, secrets, request, localSites }, shell) => {
    for (const { name } of localSites) {
      try {
        const { handover } = readRecord(host, name)
        if (handover?.phase !== 'freezing' || request.dryRun) continue
        await thaw({ host, secrets, site: placeOf(host, name) }, shell)
        shell.note(
          'significant',
          `${name} was being handed over to ${handover.to}, which was cut off: visitors can write to it again`,
        )
      } catch (error) {
        if (shell.stop.aborted) throw error
        shell.note('problem', `${name}: what a handover left that was cut off cannot be taken back: ${messageOf(error)}`)
      }
    }
  },
}
