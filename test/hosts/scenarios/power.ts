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
  ['the proof of volumes', /Choose volumes to prove: done/],
]

/** The steps of web2's night that change its site. */
const REPLICA: readonly (readonly [step: string, after: RegExp])[] = [
  ['the restore of the files', /\[blog\] Status of blog: done/],
  ['the import of the database', /\[blog\] Settle the marker: done/],
  ['the swap', /\[blog\] Prepare certificates.*: done|\[blog\] Ask the site: done/],
]

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

export const POWER: readonly Scenario[] = [...STEPS.map(cutWeb1), ...REPLICA.map(cutWeb2)]
