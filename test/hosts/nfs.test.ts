import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ArchiveRecord } from './archive-record.ts'
import type { Said } from './lab.ts'
import { outputFolder, type Row, writeLedger } from './ledger.ts'
import { NfsLab } from './nfs-lab.ts'
import { leftOver, NFS, type NfsScenario, night } from './nfs-scenarios.ts'
import { endWithParent } from './owner.ts'
import { whyNoGuest } from './uml.ts'
import { whyNot } from './why-not.ts'

const rows: Row[] = []
const record = new ArchiveRecord()
const began = Date.now()
const since = (time: number): string => ((Date.now() - time) / 1000).toFixed(0)
let folder: string
let lab: NfsLab

before(async () => {
  endWithParent()
  const why = [...(await whyNot()), ...(await whyNoGuest())]
  if (why.length > 0) throw new Error(`this machine cannot boot a guest with an NFS client: ${why.join('; ')}`)
  folder = outputFolder('nfs')
  lab = await NfsLab.begin(text => console.log(`nfs: ${text}, ${since(began)} s`))
})

for (const scenario of NFS) test(scenario.name, () => play(scenario))

after(async () => {
  await lab?.[Symbol.asyncDispose]()
  const minutes = ((Date.now() - began) / 60_000).toFixed(1)
  writeLedger(
    folder,
    rows,
    `nfs: ${rows.length} of ${NFS.length} scenarios in ${minutes} minutes, ${record.files} files of sets in the end`,
  )
})

/** Plays a scenario and writes its line of the ledger. @throws when anything in it is not as it must be, after the cause was taken away */
async function play({ name, injected, run, says, ends, mend, heal = night, also }: NfsScenario): Promise<void> {
  const { said, left } = await endure(run, mend)
  const mended = Date.now()
  const healed = mend && (await heal(lab))
  const seconds = since(mended)
  const later = mend ? await leftOver(lab, true) : ''
  const lost = await record.lost(lab)
  const line = said.text.split('\n').find(each => says.test(each))
  const how =
    healed === undefined
      ? 'no need'
      : `${healed.code === 0 ? (heal === night ? 'by the next night' : 'by the next run, a recovery') : 'NOT HEALED'}, ${seconds} s`
  const told = `${line?.replace(/^[\d-]+ [\d:]+ /, '') ?? `NOT SAID: ${says}`} (exit ${said.code}, ${said.seconds.toFixed(0)} s)`
  rows.push({ scenario: name, injected, said: told, lost: lost.join(', ') || 'nothing', healed: how })
  const file = `${String(rows.length).padStart(2, '0')}-${name.replace(/[^\w]+/g, '-')}.txt`
  writeFileSync(join(folder, file), [said.text, left, healed?.text ?? '', later].join('\n\n---\n'))
  assert.ok(line !== undefined, `wanted a line like ${says}, found:\n${said.text}`)
  assert.equal(said.code, ends, said.text)
  assert.equal(left, '', `left over after the run:\n${said.text}`)
  if (healed) assert.equal(healed.code, 0, `not healed:\n${said.text}\n\nand then:\n${healed.text}`)
  assert.equal(later, '', `left over after the run that healed:\n${healed?.text}`)
  assert.deepEqual(lost, [], 'lost from the archive')
  await also?.(lab)
}

/** The scenario up to where its cause is taken away, which it is in any case: the next one begins with a server that is well. */
async function endure(run: NfsScenario['run'], mend: NfsScenario['mend']): Promise<{ said: Said; left: string }> {
  try {
    const said = await run(lab)
    return { said, left: await leftOver(lab, !mend) }
  } finally {
    await mend?.(lab)
  }
}
