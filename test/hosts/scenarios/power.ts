import assert from 'node:assert/strict'
import type { Lab, Said } from '../lab.ts'
import type { Scenario } from '../scenario.ts'
import { film } from './vpn.ts'

/** The steps of web1's night, each with the line after which it has begun. */
const STEPS: readonly (readonly [step: string, after: RegExp])[] = [
  ['the VPN', /Find the sites .*done/],
  ['the mount', /VPN .*: done/],
  ['the check of the mount', /Mount .*: done/],
  ['the dump of the database', /\[blog\] Prune.*: done/],
  ['the certificates', /\[blog\] Dump the database: done/],
  ['the backup', /\[blog\] .*incremental( backup)?:/],
  ['the second backup', /\[leaflet\] Save the certificates: done/],
  ['the audit', /Choose files to verify: done/],
]

/** The short steps, each with the line after which it has begun: one cut after the other, and one night that heals them all. */
const SHORT: readonly RegExp[] = [
  /Lock: done/,
  /Check the archive: done/,
  /Determine roles: done/,
  /Check that no other machine writes as web1: done/,
  /\[blog\] Status of blog: done/,
  /\[blog\] Save the certificates: done/,
  /Verify \d+ files? of .*: done/,
  /mnt.nas is offline again/,
]

/** The steps of web2's night that change its site. */
const REPLICA: readonly (readonly [step: string, after: RegExp])[] = [
  ['the restore of the files', /\[blog\] Status of blog: done/],
  ['the import of the database', /\[blog\] Set the marker: done/],
  ['the swap', /\[blog\] Read certificates and web server configuration: done/],
]

/** A night for each of them, each after a boot. Every one but the first must say that the one before was interrupted. */
async function cutInShortSteps(lab: Lab): Promise<Said> {
  const nights: Said[] = []
  for (const when of SHORT) {
    if (!lab.hosts.web1.isOn) await lab.hosts.web1.start()
    const said = await lab.night('web1', { when, act: () => lab.hosts.web1.cutPower() })
    assert.doesNotMatch(said.text, /nothing matched/)
    if (nights.length > 0) assert.match(said.text, /the last run was interrupted/)
    nights.push(said)
  }
  const seconds = nights.reduce((sum, each) => sum + each.seconds, 0)
  return { code: nights.at(-1)!.code, text: nights.map(each => each.text).join('\n\n'), seconds }
}

const cutWeb1 = ([step, when]: (typeof STEPS)[number]): Scenario => ({
  name: `power cut of web1 in ${step}`,
  injected: 'every process is killed at once, then it boots again',
  inject: film,
  run: lab => lab.night('web1', { when, act: () => lab.hosts.web1.cutPower() }),
  says: when,
  ends: 'cut',
  mend: lab => lab.hosts.web1.start(),
  healSays: /interrupted/,
})

const cutWeb2 = ([step, when]: (typeof STEPS)[number]): Scenario => ({
  name: `power cut of web2 in ${step}`,
  injected: 'every process is killed at once, then it boots again',
  run: async lab => {
    await lab.night('web1')
    return lab.night('web2', { when, act: () => lab.hosts.web2.cutPower() })
  },
  says: when,
  ends: 'cut',
  mend: lab => lab.hosts.web2.start(),
  heal: lab => lab.night('web2'),
  healSays: /interrupted/,
})

const CUT_AGAIN_AND_AGAIN: Scenario = {
  name: `power cut of web1 in ${SHORT.length} nights, each in another short step`,
  injected: 'as above, after the lock, the checks, the status, the certificates, the audit and the unmounting',
  run: cutInShortSteps,
  says: /the last run was interrupted/,
  ends: 'cut',
  mend: lab => lab.hosts.web1.start(),
  healSays: /interrupted/,
}

export const POWER: readonly Scenario[] = [...STEPS.map(cutWeb1), CUT_AGAIN_AND_AGAIN, ...REPLICA.map(cutWeb2)]
