import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Epoch, nextEpoch } from '../../lib/core/epoch.ts'
import { type Claims, claimsIn, isHostName, markerOf, ROLES, type RoleName, roleOf } from '../../lib/core/marker.ts'

const ME = 'web1'
type Markers = readonly string[] | undefined
/** [markers in the site's folder here, markers beside its archive, role, owner]; undefined: there is no such folder. */
const table: [Markers, Markers, RoleName, string | undefined][] = [
  [undefined, undefined, 'unmanaged', undefined],
  [undefined, [], 'unmanaged', undefined],
  [undefined, ['web1'], 'incoming', 'web1'],
  [undefined, ['web2'], 'new replica', 'web2'],
  [[], undefined, 'unmanaged', undefined],
  [[], [], 'unmanaged', undefined],
  [[], ['web1'], 'conflict', undefined],
  [[], ['web2'], 'conflict', undefined],
  [['web1'], undefined, 'primary', 'web1'],
  [['web1'], [], 'primary', 'web1'],
  [['web1'], ['web1'], 'primary', 'web1'],
  [['web1'], ['web2'], 'conflict', undefined],
  [['web2'], undefined, 'replica', 'web2'],
  [['web2'], [], 'replica', 'web2'],
  [['web2'], ['web1'], 'incoming', 'web1'],
  [['web2'], ['web2'], 'replica', 'web2'],
  [['web2'], ['web3'], 'replica', 'web3'],
  [['web1', 'web2'], undefined, 'ambiguous', undefined],
  [['web1', 'web2'], ['web1'], 'ambiguous', undefined],
  [['web2', 'web3'], ['web2'], 'ambiguous', undefined],
  [undefined, ['web1', 'web2'], 'ambiguous', undefined],
  [['web1'], ['web1', 'web2'], 'ambiguous', undefined],
  [['web1', 'web2'], ['web1', 'web2'], 'ambiguous', undefined],
]
const say = (markers: Markers): string =>
  markers === undefined ? 'no folder' : markers.length === 0 ? 'no marker' : markers.join(' and ')
for (const [here, archive, role, owner] of table) {
  test(`roleOf() is ${role} for ${say(here)} here and ${say(archive)} in the archive`, () => {
    const found = roleOf({ here, archive }, ME)
    assert.equal(found.role, role)
    assert.equal(found.owner, owner)
    assert.notEqual(found.reason, '')
    assert.equal(found.choices.length > 0, role === 'conflict' || role === 'ambiguous')
  })
}

/** Epochs that follow on each other, with these owners. */
function epochsOf(...owners: string[]): Epoch {
  return owners.reduce<Epoch | undefined>((before, owner) => nextEpoch(before, { owner, by: 'takeover', now: 0 }), undefined)!
}
const known = (number: number, owner: string) => ({ number, owner })

/** [markers here, markers in the archive, its epochs' owners, what else, role, owner] */
const withEpochs: [Markers, Markers, string[], Omit<Claims, 'here' | 'archive' | 'epoch'>, RoleName, string | undefined][] = [
  // the epoch says whose it is, whatever the archive's marker says: its owner mends that
  [['web1'], ['web1'], ['web1'], {}, 'primary', 'web1'],
  [['web1'], [], ['web1'], {}, 'primary', 'web1'],
  [['web1'], ['web2'], ['web1'], {}, 'primary', 'web1'],
  [['web1'], ['web1', 'web2'], ['web1'], {}, 'primary', 'web1'],
  [['web1'], ['web2'], ['web2', 'web1'], { known: known(2, 'web1') }, 'primary', 'web1'],
  [['web1'], ['web2'], ['web1', 'web2', 'web1'], { known: known(1, 'web1') }, 'primary', 'web1'],
  [['web2'], ['web1'], ['web2'], {}, 'replica', 'web2'],
  [['web2'], ['web2'], ['web3'], { known: known(1, 'web2') }, 'replica', 'web3'],
  [undefined, [], ['web2'], {}, 'new replica', 'web2'],
  [undefined, ['web2'], ['web1'], {}, 'incoming', 'web1'],
  [[], ['web1'], ['web1'], {}, 'conflict', undefined],
  [[], [], ['web2'], {}, 'conflict', undefined],
  [['web1', 'web2'], ['web1'], ['web1'], {}, 'ambiguous', undefined],
  // handed over by who settled it
  [['web2'], ['web2'], ['web2', 'web1'], {}, 'incoming', 'web1'],
  [['web2'], ['web1'], ['web2', 'web1'], { known: known(1, 'web2') }, 'incoming', 'web1'],
  [['web2'], ['web1'], ['web2', 'web1'], { known: known(2, 'web1') }, 'conflict', undefined],
  // this host was the owner, and others took over
  [['web1'], ['web1'], ['web1', 'web2'], { known: known(1, 'web1') }, 'taken over', 'web2'],
  [['web1'], ['web2'], ['web1', 'web2', 'web3'], { known: known(1, 'web1') }, 'taken over', 'web3'],
  [['web1'], ['web2'], ['web1', 'web2'], {}, 'taken over', 'web2'],
  [['web1'], ['web1'], ['web2'], { backedUpAs: 'web1' }, 'taken over', 'web2'],
  // it never had it, or gave it away
  [['web1'], ['web2'], ['web2'], {}, 'conflict', undefined],
  [['web1'], ['web2'], ['web1', 'web2'], { known: known(2, 'web2') }, 'conflict', undefined],
  // the archive does not know what this host does
  [['web1'], ['web2'], ['web2'], { known: known(1, 'web1') }, 'conflict', undefined],
  [['web1'], ['web1'], ['web1'], { known: known(3, 'web1') }, 'conflict', undefined],
  [['web1'], ['web1'], [], { known: known(1, 'web1') }, 'conflict', undefined],
  [['web1'], undefined, [], { known: known(1, 'web1') }, 'primary', 'web1'],
  [['web2'], ['web2'], [], { known: known(1, 'web1') }, 'replica', 'web2'],
  // released
  [['web1'], ['web1'], ['web1'], { known: known(1, 'web1'), releasedTo: 'web2' }, 'released', 'web2'],
  [['web1'], ['web1'], [], { releasedTo: 'web2' }, 'released', 'web2'],
  [undefined, ['web1'], ['web1'], { releasedTo: 'web2' }, 'released', 'web2'],
  [['web2'], ['web2'], ['web2'], { releasedTo: 'web1' }, 'incoming', 'web1'],
  [['web2'], ['web2'], [], { releasedTo: 'web1' }, 'incoming', 'web1'],
  [undefined, ['web2'], ['web2'], { releasedTo: 'web1' }, 'incoming', 'web1'],
  [['web2'], ['web2'], ['web2'], { releasedTo: 'web3' }, 'replica', 'web2'],
]
for (const [here, archive, owners, more, role, owner] of withEpochs) {
  const what = `${say(here)} here, ${say(archive)} in the archive, epochs ${owners.join(', ') || 'none'}, ${JSON.stringify(more)}`
  test(`roleOf() is ${role} for ${what}`, () => {
    const found = roleOf({ here, archive, ...(owners.length > 0 && { epoch: epochsOf(...owners) }), ...more }, ME)
    assert.deepEqual([found.role, found.owner], [role, owner], found.reason)
    assert.equal(found.choices.length > 0, role === 'conflict' || role === 'ambiguous')
  })
}

const HOSTS = ['web1', 'web2', 'web3'] as const
const host = fc.constantFrom(...HOSTS)
const hosts = fc.option(fc.uniqueArray(fc.constantFrom(...HOSTS, 'a.b-c'), { maxLength: 3 }), { nil: undefined })
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const anyEpoch = fc.array(host, { minLength: 1, maxLength: 4 }).map(owners => epochsOf(...owners))
const anyKnown = fc.record({ number: fc.nat(5), owner: host })
/** What a host may know of a site by itself, and what is in its archive, which all of them see. */
const ownClaims = fc.record({ here: hosts, backedUpAs: maybe(host), known: maybe(anyKnown) })
const archiveClaims = fc.record({ archive: hosts, epoch: maybe(anyEpoch), releasedTo: maybe(host) })
const anyClaims = fc.tuple(ownClaims, archiveClaims).map(([own, archive]): Claims => ({ ...own, ...archive }))

test('roleOf() has an answer for every combination, with a reason', () => {
  fc.assert(
    fc.property(anyClaims, host, (claims, me) => {
      const { role, reason, choices } = roleOf(claims, me)
      assert.ok(ROLES.includes(role) && role !== 'unfinished')
      assert.ok(reason.length > 0)
      assert.equal(choices.length > 0, role === 'conflict' || role === 'ambiguous')
    }),
  )
})

test('roleOf() never makes two hosts the primary of one archive, nor one while another may take it', () => {
  const isClaimed = ({ archive, epoch }: Pick<Claims, 'archive' | 'epoch'>): boolean =>
    epoch !== undefined || archive?.length === 1
  fc.assert(
    fc.property(ownClaims, ownClaims, archiveClaims.filter(isClaimed), (one, two, archive) => {
      const roles = [roleOf({ ...one, ...archive }, 'web1').role, roleOf({ ...two, ...archive }, 'web2').role]
      assert.ok(roles.filter(role => role === 'primary').length < 2, roles.join(' '))
      const { releasedTo } = archive
      if (releasedTo === 'web2' && roles[1] === 'incoming') assert.notEqual(roles[0], 'primary')
    }),
    { numRuns: 1000 },
  )
})

test("roleOf() backs up only what is marked as its own, and restores only over what is marked as another's", () => {
  fc.assert(
    fc.property(anyClaims, claims => {
      const { role, owner } = roleOf(claims, ME)
      if (role === 'primary') assert.deepEqual([claims.here, owner, claims.epoch?.owner ?? ME], [[ME], ME, ME])
      if (role === 'replica') assert.ok(claims.here?.length === 1 && claims.here[0] !== ME && owner !== ME)
      if (role === 'new replica') assert.ok(claims.here === undefined && owner !== ME)
      if (role === 'taken over') assert.ok(claims.epoch && claims.epoch.owner !== ME && owner === claims.epoch.owner)
    }),
    { numRuns: 1000 },
  )
})

/** What tasks/resolve.ts makes of a site on the host where it runs, and what the others see of it. */
function settled(claims: Claims, keep: string): Claims {
  const { here, known: mine, epoch } = claims
  const above = mine?.number ?? 0
  return {
    here: here === undefined ? undefined : [keep],
    archive: [keep],
    epoch: nextEpoch(epoch, { owner: keep, by: 'settle', now: 0, above }),
    known: keep === ME ? { number: Math.max(epoch?.number ?? 0, above) + 1, owner: ME } : mine,
  }
}

test('roleOf() offers hosts to settle a site for, and each of them settles it', () => {
  fc.assert(
    fc.property(anyClaims, claims => {
      for (const { keep } of roleOf(claims, ME).choices) {
        const { role, owner } = roleOf(settled(claims, keep), ME)
        const wanted = keep === ME ? ['primary', 'incoming'] : ['replica', 'new replica']
        assert.ok(wanted.includes(role), `${keep} is to have it: ${role}`)
        assert.equal(owner, keep)
      }
    }),
    { numRuns: 1000 },
  )
})

test('roleOf() says what two hosts claim', () => {
  const contested = roleOf({ here: ['web1'], archive: ['web2'] }, ME)
  assert.match(contested.reason, /web1 owns it, its archive says web2/)
  assert.deepEqual(
    contested.choices.map(({ keep }) => keep),
    ['web2', 'web1'],
  )
  const diverged = roleOf({ here: ['web1'], archive: ['web2'], epoch: epochsOf('web2'), known: known(3, 'web1') }, ME)
  assert.match(diverged.reason, /diverged: the folder here is of epoch 3 of web1, and its archive is in epoch 1, which web2 took/)
})

test('roleOf() does not replay a site over what this very host backed up under a former name', () => {
  for (const archive of [undefined, [], ['web2']]) {
    const { role, reason, choices } = roleOf({ here: ['web2'], archive, backedUpAs: 'web2' }, ME)
    assert.equal(role, 'conflict')
    assert.match(reason, /this host backed it up as web2, but is called web1 now/)
    assert.deepEqual(
      choices.map(({ keep }) => keep),
      ['web1', 'web2'],
    )
    assert.equal(roleOf({ here: ['web1'], archive: archive?.map(() => 'web1'), backedUpAs: 'web2' }, ME).role, 'primary')
    assert.equal(roleOf({ here: ['web2'], archive }, ME).role, 'replica')
  }
  const epoch = epochsOf('web2')
  assert.equal(roleOf({ here: ['web2'], archive: [], backedUpAs: 'web2', epoch }, ME).role, 'conflict')
})

test('roleOf() does not bring back, on a renamed host, what it backed up and has no more', () => {
  const claims = { here: undefined, archive: ['web2'], backedUpAs: 'web2' }
  assert.equal(roleOf(claims, ME).role, 'conflict')
  assert.equal(roleOf({ ...claims, archive: ['web1'] }, ME).role, 'incoming')
  assert.equal(roleOf({ ...claims, backedUpAs: undefined }, ME).role, 'new replica')
})

test('roleOf() still replays what this host backed up once, when another host took it over', () => {
  assert.equal(roleOf({ here: ['web2'], archive: ['web3'], backedUpAs: 'web2' }, ME).role, 'replica')
  assert.equal(roleOf({ here: ['web2'], archive: ['web2'], backedUpAs: 'web1' }, ME).role, 'replica')
})

const names: [string[], string[]][] = [
  [[], []],
  [['SITE', 'max_NAS_space'], []],
  [['PRIMARY_IS_web1'], ['web1']],
  [
    ['PRIMARY_IS_web2', 'PRIMARY_IS_web1', 'SITE'],
    ['web1', 'web2'],
  ],
  [['PRIMARY_IS_', 'PRIMARY_IS_..', 'PRIMARY_IS_a/b', 'PRIMARY_IS_a b', 'primary_is_web1', 'xPRIMARY_IS_web1'], []],
  [['PRIMARY_IS_web1.bak~', 'PRIMARY_IS_web1'], ['web1']],
]
for (const [files, claims] of names) {
  test(`claimsIn() finds ${say(claims)} in ${JSON.stringify(files)}`, () => assert.deepEqual(claimsIn(files), claims))
}

test('isHostName() takes what can be a part of a file name, and markerOf() is read back by claimsIn()', () => {
  for (const name of ['web1', 'a', 'www.example.org', 'a-b', '9x', 'x'.repeat(63)])
    assert.deepEqual(claimsIn([markerOf(name)]), [name])
  for (const name of ['', '.', '-a', 'a/b', 'a b', 'ä', 'a\n', '$(x)', 'x'.repeat(64)]) assert.ok(!isHostName(name), name)
})
