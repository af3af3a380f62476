import { formatAge } from '../core/age.ts'
import { BadInput, Declined } from '../core/bad-input.ts'
import { newestSet } from '../core/collection.ts'
import { signsOfLife } from '../core/move.ts'
import type { TakeoverRequest } from '../core/move-request.ts'
import { printTime, type RestorePoint, restorePoints } from '../core/restore-point.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { askPages } from '../host/ask-pages.ts'
import { getPage } from '../host/get-page.ts'
import { questionFor } from '../host/http-check.ts'
import type { Site } from '../host/site.ts'
import { ask } from '../host/terminal.ts'
import type { Host } from '../inventory/schema.ts'
import type { Needs } from '../store/facts.ts'
import { readHostCard } from '../store/host-cards.ts'
import { ShareFiles } from '../store/share-files.ts'
import { type Chosen, chosen, type Taken } from './takeover.ts'

/** The newest set that is whole, of an owner that is dead. */
export const chooseNewestWhole: Step<Needs<'collection' | 'site'> & TakeoverRequest, Chosen> = {
  name: 'choose-newest-whole',
  title: 'Choose the newest whole backup',
  run: async ({ collection, site, takeover }, shell) => {
    const point = restorePoints(collection).findLast(({ problems }) => problems.length === 0)
    if (!point) throw new BadInput(`the archive holds no whole backup of ${site.name}`)
    return chosen(point, takeover, shell.now())
  },
}

type LooksForOwner = Needs<'host' | 'request' | 'archive' | 'site' | 'collection'> & TakeoverRequest & Pick<Taken, 'from'>

/** Looks whether the owner is dead indeed. @throws {BadInput} at a sign of life, unless a person said that it is */
export const checkOwnerDead: Step<LooksForOwner, void> = {
  name: 'check-owner-dead',
  title: ({ from }) => `Look for signs of life of ${from ?? 'its owner'}`,
  run: async ({ host, request, archive, site, collection, takeover, from }, shell) => {
    if (from === undefined || archive.kind === 'url' || archive.place === undefined) return
    if (takeover.dead !== undefined && takeover.dead !== from)
      throw new BadInput(`--dead: found "${takeover.dead}", wanted the owner of ${site.name}, ${from}`)
    const card = await readHostCard(new ShareFiles(archive.place, shell.quick), from)
    const answersAt = await addressThatAnswers(host, site, card?.addresses ?? [], shell)
    const signs = signsOfLife(from, { card: card?.time, backup: newestSet(collection)?.time, answersAt }, shell.now())
    for (const text of signs) shell.note('warning', text)
    if (signs.length === 0 || takeover.dead === from) return
    const again = request.command('takeover', '--site', site.name, '--force', '--dead', from)
    throw new BadInput(`${signs.join('; ')}. If it is alive: handover there. If it is down all the same: ${again}`)
  },
}

/** The first of a host's addresses at which the site answers now. */
async function addressThatAnswers(
  host: Host,
  site: Site,
  addresses: readonly string[],
  shell: Shell,
): Promise<string | undefined> {
  const question = questionFor(host, site)
  if (!question) return undefined
  const late = AbortSignal.any([shell.stop, AbortSignal.timeout(ANSWERS_WITHIN)])
  for (const address of addresses) {
    const urls = question.urls.map(
      url => Object.assign(new URL(url), { host: address.includes(':') ? `[${address}]` : address }).href,
    )
    const answer = await askPages({ ...question, urls }, asking => getPage(asking, late), messageOf)
    if (answer.works) return address
  }
  return undefined
}

/** Milliseconds. */
const ANSWERS_WITHIN = 5000

/** What is lost by force: a sentence, and the words that a person types to say so. */
function lossOf(site: string, { time }: RestorePoint, now: number): { readonly text: string; readonly phrase: string } {
  const age = formatAge(now - time)
  return {
    text: `All that was written to ${site} since the backup of ${printTime(time)} will be lost: the posts, comments, orders, users and files of ${age}`,
    phrase: `lose ${age}`,
  }
}

/** Says what will be lost, and has that typed, unless a yes was given. */
export const confirmLoss: Step<
  Needs<'site' | 'request'> & TakeoverRequest & { point: RestorePoint; from: string | undefined },
  void
> = {
  name: 'confirm-loss',
  title: 'Confirm what will be lost',
  run: async ({ site, request, takeover, point, from }, shell) => {
    const { text, phrase } = lossOf(site.name, point, shell.now())
    shell.note('significant', text)
    if (takeover.yes || request.dryRun) return
    const answer = await ask(`${text}. If ${from ?? 'its owner'} is dead, type "${phrase}": `, shell.stop)
    if (answer?.trim() !== phrase) throw new Declined('not confirmed: nothing was touched')
  },
}
