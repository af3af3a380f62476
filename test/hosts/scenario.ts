import assert from 'node:assert/strict'
import type { ArchiveRecord } from './archive-record.ts'
import type { Lab, Said } from './lab.ts'
import type { Row } from './ledger.ts'
import { publish } from './wordpress.ts'

/** Something that happens to the hosts, what a run must say of it, and how it must end. One line of the table. */
export interface Scenario {
  readonly name: string
  /** What is done to the hosts, in words. */
  readonly injected: string
  readonly inject?: (lab: Lab) => Promise<unknown>
  /** What is run meanwhile; web1's night, if nothing else. */
  readonly run?: (lab: Lab) => Promise<Said>
  /** A line that the run must print. */
  readonly says: RegExp
  /** How the run must end; `cut` where the machine that it runs on is no more. */
  readonly ends: number | 'cut'
  /** The files of the archives that are meant to go in it. */
  readonly givenUp?: RegExp
  /** Another run is on web1 meanwhile: its share and VPN may be there in the end. */
  readonly leaves?: true
  /** Takes the cause away. */
  readonly mend?: (lab: Lab) => Promise<unknown>
  /** What must end with 0 after that; web1's next night, if nothing else. */
  readonly heal?: (lab: Lab) => Promise<Said>
  /** A line that the healing run must print. */
  readonly healSays?: RegExp
  /** What must be true besides, in the end. */
  readonly also?: (lab: Lab) => Promise<unknown>
}

/** What web1's owner wrote before each scenario, so that each night has something new: they must all come back in the end. */
export const posts: string[] = []

/** Plays a scenario and gives its line of the ledger. @throws when anything in it is not as it must be, after the cause was taken away */
export async function play(
  lab: Lab,
  scenario: Scenario,
  record: ArchiveRecord,
  write: (row: Row, text: string) => void,
): Promise<void> {
  const { name, injected, says } = scenario
  const { said, left } = await endure(lab, scenario)
  const began = Date.now()
  const isHealing = scenario.heal !== undefined || scenario.ends !== 0 || scenario.mend !== undefined
  const healed = isHealing ? await (scenario.heal ?? night)(lab) : said
  const seconds = ((Date.now() - began) / 1000).toFixed(0)
  const lost = scenario.leaves ? [] : await record.lost(lab, scenario.givenUp)
  const line = said.text.split('\n').find(each => says.test(each))
  const told = line?.replace(/^[\d-]+ [\d:]+ /, '') ?? `NOT SAID: ${says}`
  const how = isHealing ? `${healed.code === 0 ? 'by the next run' : 'NOT HEALED'}, ${seconds} s` : 'no need'
  const row = {
    scenario: name,
    injected,
    said: `${told} (${scenario.ends === 'cut' ? 'cut off' : `exit ${said.code}`})`,
    lost: lost.join(', ') || 'nothing',
    healed: how,
  }
  write(row, isHealing ? `${said.text}\n\n--- then:\n${healed.text}\n` : said.text)
  assert.ok(line !== undefined, `wanted a line like ${says}, found:\n${said.text}`)
  if (scenario.ends !== 'cut') assert.equal(said.code, scenario.ends, said.text)
  assert.equal(left, '', `left over after the run:\n${said.text}`)
  assert.equal(healed.code, 0, `not healed:\n${said.text}\n\nand then:\n${healed.text}`)
  if (scenario.healSays) assert.match(healed.text, scenario.healSays)
  assert.deepEqual(lost, [], 'lost from the archive')
  await scenario.also?.(lab)
}

/** The scenario up to where its cause is taken away, which it is in any case: the next one begins with hosts that are well. */
async function endure(lab: Lab, { inject, run = night, ends, leaves, mend }: Scenario): Promise<{ said: Said; left: string }> {
  await writePost(lab)
  try {
    await inject?.(lab)
    const said = await run(lab)
    return { said, left: ends === 'cut' || leaves ? '' : await leftOver(lab) }
  } finally {
    await mend?.(lab)
  }
}

export const night = (lab: Lab): Promise<Said> => lab.night('web1')

/** Something new on the site: in its database and among its files. */
async function writePost(lab: Lab): Promise<void> {
  if (posts.length === 0) return // the site is not there yet
  const title = `post ${posts.length}`
  await lab.sh('web1', publish('blog', title))
  posts.push(title)
}

/** What a run should have taken away: the share's mount and the VPN. */
async function leftOver(lab: Lab): Promise<string> {
  if (!lab.hosts.web1.isOn) return ''
  const script = "grep -s ' /mnt/nas ' /proc/mounts; systemctl is-active openvpn-client@home | grep '^active'; true"
  return (await lab.sh('web1', script)).trim()
}
