import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { claimsIn } from '../../lib/core/marker.ts'
import type { RestorePoint } from '../../lib/core/restore-point.ts'
import { updateRecord } from '../../lib/host/records.ts'
import type { Site } from '../../lib/host/site.ts'
import { decideHandover, takeBack } from '../../lib/moves/handover.ts'
import { becomeOwner, lookAtMove, readMove } from '../../lib/moves/move.ts'
import { claimSite, decideTakeover, isTakenByForce } from '../../lib/moves/takeover.ts'
import type { Archive } from '../../lib/store/archive.ts'
import { readEpoch, release } from '../../lib/store/epochs.ts'
import { ShareFiles } from '../../lib/store/share-files.ts'
import { hostIn, NO_REQUEST, ownFolder, siteOf } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

const root = ownFolder('cancel')
const { shell } = hearingShell()
const LAST_SET = Date.parse('2026-01-31T12:00:00Z')

/** The site `blog`, which web1 has released to web2, with a replica on web3. */
async function releasedSite(name: string) {
  const folder = join(root, name)
  const place = { base: join(folder, 'archive'), way: '' }
  const archive = { kind: 'folder', root: place.base, place } as unknown as Archive
  const marked = (path: string): void => {
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'PRIMARY_IS_web1'), '')
  }
  marked(join(place.base, 'blog'))
  await release(new ShareFiles(place, shell).of('blog'), { epoch: 0, to: 'web2', set: new Date(LAST_SET).toISOString() })
  const on = (me: string) => {
    const host = hostIn(join(folder, me), { name: me })
    const site: Site = siteOf(host, 'blog', { role: { role: 'primary', owner: 'web1', reason: 'for a test', choices: [] } })
    marked(site.folder)
    return { host, site, archive, request: NO_REQUEST, secrets: new Map() }
  }
  const [web1, web3] = [on('web1'), on('web3')]
  updateRecord(web1.host, 'blog', { handover: { epoch: 0, to: 'web2', phase: 'releasing', set: LAST_SET } })
  return { place, web1, web3 }
}

type Place = Awaited<ReturnType<typeof releasedSite>>

/** `handover --cancel` on web1, up to each point at which another host can act. */
async function* cancel({ web1 }: Place) {
  const handover = { to: undefined, cancel: true, forward: false, stopped: false, yes: true }
  const facts = { ...web1, ...(await lookAtMove.run(web1, shell)), handover }
  const decided = await decideHandover.run(facts, shell)
  yield
  const claimed = await takeBack.run({ ...facts, ...decided }, shell)
  yield
  await becomeOwner.run({ ...facts, ...claimed }, shell)
}

/** `takeover --force` on web3, in the same way; what it restores is older than either. */
async function* force({ web3 }: Place) {
  const takeover = { force: true, dead: undefined, anyway: false, yes: true }
  const facts = { ...web3, ...(await lookAtMove.run(web3, shell)), takeover }
  const taken = isTakenByForce({ ...facts, ...(await decideTakeover.run(facts, shell)) })
  assert.ok(typeof taken === 'object', String(taken))
  const chosen = { ...facts, ...taken, point: { time: LAST_SET } as RestorePoint, asked: undefined }
  yield
  const claimed = await claimSite.run(chosen, shell)
  yield
  await becomeOwner.run({ ...chosen, ...claimed }, shell)
}

/** All orders in which each of two can do its so many next steps. */
const orders = (left: number, right: number): string[] =>
  left + right === 0
    ? ['']
    : [
        ...(left > 0 ? orders(left - 1, right).map(rest => `C${rest}`) : []),
        ...(right > 0 ? orders(left, right - 1).map(rest => `F${rest}`) : []),
      ]

for (const order of orders(3, 3))
  test(`--cancel (C) and --force of another host (F), in the order ${order}: one has the site, and who is late is told`, async () => {
    const place = await releasedSite(order)
    const parts = { C: cancel(place), F: force(place) }
    const refused: Partial<Record<'C' | 'F', string>> = {}
    for (const who of order as Iterable<'C' | 'F'>) await parts[who].next().catch(error => (refused[who] = error.message))

    const owner = (await readEpoch(new ShareFiles(place.place, shell).of('blog')))?.owner
    const [winner, loser] = owner === 'web1' ? (['C', 'F'] as const) : (['F', 'C'] as const)
    assert.equal(refused[winner], undefined)
    // who was done before the other took it was no loser then: its next run finds it out
    const wasDone = order.lastIndexOf(loser) < order.indexOf(winner, order.indexOf(winner) + 1)
    assert.match(
      refused[loser] ?? 'not refused',
      wasDone ? /^not refused$/ : new RegExp(`^${owner} (was first, and owns|has taken) blog`),
    )
    assert.deepEqual(claimsIn(readdirSync(join(place.place.base, 'blog'))), [owner])
    const { web1, web3 } = place
    const marks = [web1, web3].map(({ site }) => claimsIn(readdirSync(site.folder)).join())
    assert.deepEqual(marks, ['web1', owner])
    // what web1 had begun is forgotten only where it was done: else its next run steps aside by it
    const { move } = await readMove(web1, shell)
    assert.equal(move.kind, owner === 'web1' ? 'owner' : wasDone ? 'not here' : 'handed over')
  })
