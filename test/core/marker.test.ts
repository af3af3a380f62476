import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Claims, claimsIn, isHostName, markerOf, type RoleName, roleOf } from '../../lib/core/marker.ts'

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

const hosts = fc.option(fc.uniqueArray(fc.constantFrom('web1', 'web2', 'web3', 'a.b-c'), { maxLength: 3 }), { nil: undefined })
const backedUpAs = fc.option(fc.constantFrom('web1', 'web2'), { nil: undefined })
const anyClaims = fc.record({ here: hosts, archive: hosts, backedUpAs }) as fc.Arbitrary<Claims>

test('roleOf() has an answer for every combination, with a reason', () => {
  fc.assert(
    fc.property(anyClaims, fc.constantFrom('web1', 'web2'), (claims, me) => {
      const { role, reason } = roleOf(claims, me)
      assert.ok(['primary', 'replica', 'new replica', 'incoming', 'unmanaged', 'conflict', 'ambiguous'].includes(role))
      assert.ok(reason.length > 0)
    }),
  )
})

test('roleOf() never makes two hosts the primary of one archive', () => {
  fc.assert(
    fc.property(
      hosts,
      hosts,
      fc.uniqueArray(fc.constantFrom('web1', 'web2', 'web3'), { minLength: 1, maxLength: 1 }),
      (one, two, archive) => {
        const roles = [roleOf({ here: one, archive }, 'web1').role, roleOf({ here: two, archive }, 'web2').role]
        assert.ok(roles.filter(role => role === 'primary').length < 2)
      },
    ),
  )
})

test("roleOf() backs up only what is marked as its own, and restores only over what is marked as another's", () => {
  fc.assert(
    fc.property(anyClaims, claims => {
      const { role, owner } = roleOf(claims, ME)
      if (role === 'primary') assert.deepEqual([claims.here, owner], [[ME], ME])
      if (role === 'replica') assert.ok(claims.here?.length === 1 && claims.here[0] !== ME && owner !== ME)
      if (role === 'new replica') assert.ok(claims.here === undefined && owner !== ME)
    }),
  )
})

test('roleOf() offers ways to choices it that do choices it', () => {
  fc.assert(
    fc.property(anyClaims, claims => {
      for (const choice of roleOf(claims, ME).choices) {
        if (choice.where === 'memory' || choice.where === 'both') continue // a host with a new name, see below
        const before = claims[choice.where] ?? []
        const names = new Set(before.map(markerOf))
        if (choice.remove !== undefined) assert.ok(names.delete(choice.remove), `${choice.remove} is not there`)
        if (choice.create !== undefined) names.add(choice.create)
        const after = roleOf({ ...claims, [choice.where]: claimsIn([...names]) }, ME)
        const settled = after.choices.length === 0
        assert.ok(
          settled ||
            before.length + (claims[choice.where === 'here' ? 'archive' : 'here']?.length ?? 0) > 2 ||
            after.role !== 'ambiguous',
        )
      }
    }),
  )
})

test('roleOf() settles a conflict of two hosts in one command', () => {
  const contested = roleOf({ here: ['web1'], archive: ['web2'] }, ME)
  assert.match(contested.reason, /web1 owns it, its archive says web2/)
  assert.deepEqual(
    contested.choices.map(({ where, remove, create }) => [where, remove, create]),
    [
      ['here', 'PRIMARY_IS_web1', 'PRIMARY_IS_web2'],
      ['archive', 'PRIMARY_IS_web2', 'PRIMARY_IS_web1'],
    ],
  )
})

test('roleOf() does not replay a site over what this very host backed up under a former name', () => {
  for (const archive of [undefined, [], ['web2']]) {
    const { role, reason, choices } = roleOf({ here: ['web2'], archive, backedUpAs: 'web2' }, ME)
    assert.equal(role, 'conflict')
    assert.match(reason, /this host backed it up as web2, but is called web1 now/)
    const [rename, forget] = choices
    assert.deepEqual([rename!.remove, rename!.create], ['PRIMARY_IS_web2', 'PRIMARY_IS_web1'])
    assert.equal(roleOf({ here: ['web1'], archive: archive?.map(() => 'web1'), backedUpAs: 'web2' }, ME).role, 'primary')
    assert.equal(forget!.where, 'memory')
    assert.equal(roleOf({ here: ['web2'], archive }, ME).role, 'replica')
  }
})

test('roleOf() does not bring back, on a renamed host, what it backed up and has no more', () => {
  const claims = { here: undefined, archive: ['web2'], backedUpAs: 'web2' }
  const { role, choices } = roleOf(claims, ME)
  assert.deepEqual([role, choices.map(({ where }) => where)], ['conflict', ['archive', 'memory']])
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
