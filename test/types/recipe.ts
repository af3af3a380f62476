/**
 * What must not compile, and what must: `tsc --noEmit` (npm run check) reads this file, nothing runs it. An `@ts-expect-error` above a line that
 * does compile is an error itself.
 */
import { type Owes, type Part, type Pays, recipe } from '../../lib/engine/recipe.ts'
import type { Hold, Step } from '../../lib/engine/step.ts'
import { main, type Start } from '../../lib/main.ts'
import { archiveMount, checkFreeSpace, checkMount, checkWriter, type WriterRequest } from '../../lib/steps/archive.ts'
import type { EncryptionRequest } from '../../lib/steps/gpg.ts'
import { lock } from '../../lib/steps/lock.ts'
import { dumpDatabase, isWordPress, saveCertificates } from '../../lib/steps/save.ts'
import { decideRoles, findSites, primaries } from '../../lib/steps/sites.ts'
import { status } from '../../lib/steps/status.ts'
import { vpn } from '../../lib/steps/vpn.ts'
import type { Archive } from '../../lib/store/archive.ts'
import type { Needs } from '../../lib/store/facts.ts'

const found = recipe<Start & WriterRequest & EncryptionRequest>().hold(lock).do(findSites).hold(vpn)
const mounted = found.hold(archiveMount)
const checked = mounted.do(checkMount)
const decided = checked.do(checkWriter).do(decideRoles)
const free = decided.do(checkFreeSpace)

const never = () => 'never'
const always = () => ({})

// @ts-expect-error what attempt() gave inside is not there after it
free.each('Primary sites', primaries, site => site.attempt('WordPress', isWordPress, inner => inner).do(dumpDatabase))
// @ts-expect-error what only() gave inside is not there after it
free.each('Primary sites', primaries, site => site.only('WordPress', isWordPress, inner => inner).do(dumpDatabase))
// @ts-expect-error what each() gave inside is not there after it
free.each('Primary sites', primaries, site => site).do(saveCertificates)
// @ts-expect-error a body that is loaded later needs no more than what is there either
free.each('Primary sites', primaries, async site => site.do((await import('../../lib/steps/backup.ts')).backup))
// @ts-expect-error a step is no list
free.each('Primary sites', status, site => site)
// @ts-expect-error a list is no step
free.do(primaries)
// @ts-expect-error a hold is no step: it would never go down
free.do(vpn)
// @ts-expect-error a step is no hold
free.hold(status)
// @ts-expect-error a body gives its chain back
free.each('Primary sites', primaries, () => undefined)
// @ts-expect-error `then` is no method: a recipe is no promise
free.then(status)
// @ts-expect-error what a recipe is made of does not change
free.nodes.push(free.nodes[0])

// @ts-expect-error an archive cannot be made by hand
export const byHand: Archive = { kind: 'folder', root: '/mnt/nas' }

// a step's `run` is checked strictly: a function that needs more than the step says is no `run` of it
export const narrow: Step<{ a: number }, void> = {
  name: 'narrow',
  title: 'narrow',
  // @ts-expect-error it needs b as well
  run: async (_facts: { a: number; b: string }) => {},
}
export const strict: Hold<{ a: number }, { h: string }> = {
  name: 'strict',
  title: 'strict',
  up: async ({ a }) => ({ h: String(a) }),
  down: async ({ h }) => {
    // @ts-expect-error what `up` gives may be missing in `down`: it may have failed half-way
    h.trim()
  },
}
export const titled: Step<{ a: number }, void> = {
  name: 'titled',
  // @ts-expect-error a title knows only what the step needs
  title: ({ b }) => b,
  run: async () => {},
}
// @ts-expect-error what is needed at the start must be there at the start
recipe<{ a: string }>().do(narrow)

/** Steps that need and give just these. */
declare const needs: <Facts extends object>() => Step<Facts, void>
declare const gives: <Facts extends object>() => Step<object, Facts>
declare const holds: <Facts extends object>() => Hold<object, Facts>

// what starts a recipe comes from the command line, the inventory and nowhere else
export const startsWithArchive = recipe<Start & Needs<'archive'>>()
// @ts-expect-error a recipe that begins with an archive which no step has checked
void main({ name: 'forged', about: '' }, startsWithArchive)
// @ts-expect-error a task whose recipe has facts of its own, and no `read` that makes them
void main({ name: 'unread', about: '' }, recipe<Start & { age: number }>())
void main({ name: 'read', about: '', read: () => ({ age: 1 }) }, recipe<Start & { age: number }>())

// what a step gives replaces what was there
recipe<{ site: string }>().do(gives<{ site: number }>()).do(needs<{ site: number }>())
// @ts-expect-error a number is no text any more
recipe<{ site: string }>().do(gives<{ site: number }>()).do(needs<{ site: string }>())

// what is there after a block in any case
const perhaps = recipe<object>().only('Perhaps', always, inner => inner.do(gives<{ saved: 'new' }>()), { saved: 'former' })
perhaps.do(needs<{ saved: 'new' | 'former' }>())
// @ts-expect-error it is one of both
perhaps.do(needs<{ saved: 'new' }>())
// @ts-expect-error what the steps inside do not give
recipe<object>().only('Perhaps', always, inner => inner, { saved: 'former' })

// a recipe in another one
const part = recipe<Needs<'host' | 'site'>>().do(gives<{ saved: true }>())
free.each('Primary sites', primaries, site => site.use(part).do(needs<{ saved: true }>()))
// @ts-expect-error a part that needs a site, where there is none
free.use(part)
// @ts-expect-error a part keeps no fact that it does not give
free.each('Primary sites', primaries, site => site.use(recipe<Needs<'site'>>()).do(needs<{ saved: true }>()))
// what a part asks for may be less than what is there, and loses nothing of it
recipe<{ a: 1 | 2; b: 1 }>().use(recipe<{ a: number }>()).do(needs<{ a: 1 | 2 }>())

// @ts-expect-error the body of each() needs more than is there
free.each('Primary sites', primaries, () => recipe<Needs<'site' | 'host'> & { more: string }>())
// @ts-expect-error the body of only() needs more than is there
free.only('Never', never, () => recipe<{ more: string }>())
// @ts-expect-error the same hold twice
found.hold(vpn)
// @ts-expect-error the same hold in a part
found.use(recipe<Start & Needs<'interrupted' | 'vpnLease'>>().hold(archiveMount)).hold(archiveMount)
const mounts = recipe<Start & Needs<'interrupted' | 'vpnLease'>>().hold(archiveMount)
// @ts-expect-error a part that holds it again
mounted.use(mounts)
// @ts-expect-error the same part twice
found.use(mounts).use(mounts)
// @ts-expect-error a part that holds it again, in a block
mounted.only('Always', always, inner => inner.use(mounts))
// @ts-expect-error a block that is such a part itself
mounted.only('Always', always, () => mounts)
// @ts-expect-error a hold that gives no fact: nobody would know that it is held
found.hold(holds<object>())
// @ts-expect-error what is held in a block only is not held after it, whatever is said to be so otherwise
recipe<Start>().only('Always', always, inner => inner.hold(vpn), { vpnLease: 'none' })

// what was begun must be ended
const begin = gives<{ began: true } & Owes<'commit'>>()
const commit = gives<Pays<'commit'>>()
free.each('Primary sites', primaries, site => site.do(begin).do(commit))
// @ts-expect-error it ends without its commit
free.each('Primary sites', primaries, site => site.do(begin))
// @ts-expect-error it ends without its commit, in a part
free.each('Primary sites', primaries, site => site.use(recipe<object>().do(begin)))
const owing = recipe<object>().do(begin)
// @ts-expect-error a type that forgets what a part owes
export const forgetful: Part<object, object> = owing
// @ts-expect-error a function that forgets it
export const forgets = (): Part<object, object> => owing
// @ts-expect-error a debt that is said to be paid where the commit did not run
owing.only('Now and then', never, inner => inner.do(commit), { 'commit is missing': 'paid' })
// @ts-expect-error what is owed already is begun again, and paid once
owing.do(begin).do(commit)
// @ts-expect-error a commit that is only made at times
free.each('Primary sites', primaries, site => site.do(begin).only('Now and then', never, inner => inner.do(commit)))
// @ts-expect-error a task whose recipe ends without its commit
void main({ name: 'uncommitted', about: '' }, recipe<Start>().do(begin))
const done = free.do(begin).do(commit)
// @ts-expect-error a second commit
done.do(commit)
// @ts-expect-error a second commit, in a part
done.use(recipe<object>().do(commit))
// @ts-expect-error a second commit, in a block
done.only('Always', always, inner => inner.do(commit))
// @ts-expect-error a part that only commits, twice
free.do(begin).use(recipe<object>().do(commit)).use(recipe<object>().do(commit))
// a part that commits what it began may be there again, and a step may begin again what was committed
free.use(owing.do(commit)).use(owing.do(commit)).do(begin).do(commit)
