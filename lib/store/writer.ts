import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { messageOf } from '../core/wording.ts'
import { judgeWriter, remember, type WriterMark, type WriterMemory } from '../core/writer.ts'
import type { Shell } from '../engine/shell.ts'
import { readState, rememberOrTell, writeState } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'
import { passOn, readTaken, take, takeFrom } from './claim.ts'
import type { ShareFiles } from './share-files.ts'

declare const checked: unique symbol

/** This machine is the one that writes to the archive under its name. Only {@link checkWriter} finds it. */
export interface Writer {
  readonly [checked]: true
}

const memories = z.record(
  z.string(),
  z.object({ machine: z.string(), word: z.string(), next: z.string().optional(), former: z.array(z.string()) }),
)

const STATE = 'writers'

interface Place {
  readonly host: Host
  readonly files: ShareFiles
  /** Holds the mark: a file whose name is the word, and whose text the machine. */
  readonly folder: string
  readonly identity: string
  readonly machine: string
  /** The command that says that this machine is the one. */
  readonly again: string
}

export async function check(place: Place, dryRun: boolean, shell: Shell): Promise<void> {
  const { host, files, folder, machine } = place
  const memory = recall(place)
  const mark = await readMark(place)
  const verdict = judgeWriter({ host: host.name, machine }, mark, memory)
  if (verdict.kind === 'other-machine') throw refusal(verdict.reason, host.name, place.again)
  if (verdict.kind === 'archive-restored')
    shell.note('warning', `the archive is as it was some runs of ${host.name} ago: it was itself restored`)
  if (dryRun) return
  const next = newWord()
  try {
    // should this run be cut off before it remembers the new word, it knows it all the same
    if (mark && memory) write(place, { ...memory, word: mark.word, next })
  } catch (error) {
    return shell.note('problem', `${host.name} leaves the mark of its last run in the archive: ${messageOf(error)}`)
  }
  const left = mark ? passOn(files, folder, mark.word, next) : take(files, folder, { name: next, text: machine })
  if (!(await left)) {
    const now = await readMark(place)
    if (!now) return shell.note('problem', `${host.name} can leave no mark in ${files.pathOf(folder)}: is it full?`) // what is full must be pruned
    if (now.word !== next)
      throw refusal(`another machine writes to the archive as ${host.name} at this very moment`, host.name, place.again)
  }
  rememberOrTell(shell, `this machine cannot remember its mark in ${files.pathOf(folder)}`, () =>
    write(place, remember(mark && memory ? { ...memory, word: mark.word } : undefined, machine, next)),
  )
}

async function readMark({ files, folder }: Place): Promise<WriterMark | undefined> {
  const taken = await readTaken(files, folder)
  return taken && { word: taken.name, machine: taken.text }
}

export async function takeOver(place: Place, shell: Shell): Promise<void> {
  const { host, files, folder, machine } = place
  const word = newWord()
  const mark = { name: word, text: machine }
  if (!(await take(files, folder, mark))) await takeFrom(files, folder, mark)
  write(place, remember(undefined, machine, word))
  shell.note('significant', `from now on this machine is the one that writes as ${host.name}; any other of that name is refused`)
}

const refusal = (reason: string, host: string, again: string): Error =>
  new Error(
    `${reason}. Two machines of one name would destroy each other's backups, so nothing is done. Give one of them another name; or, once, on the machine that is to go on as ${host}: ${again}`,
  )

/** For each name under which this machine wrote to the archive: a host can be renamed, and back again. */
const keyOf = ({ host, identity }: Place): string => `${host.name} in ${identity}`

const recall = (place: Place): WriterMemory | undefined => readState(place.host, STATE, memories)?.[keyOf(place)]

function write(place: Place, memory: WriterMemory): void {
  writeState(place.host, STATE, { ...readState(place.host, STATE, memories), [keyOf(place)]: memory })
}

const newWord = (): string => randomBytes(16).toString('hex')

/** The machine's own id, hashed: machine-id(5) asks not to show it. A machine without one has the id of all such. */
export function machineHash(): string {
  let id = ''
  try {
    id = readFileSync('/etc/machine-id', 'utf8').trim()
  } catch {
    // a container without systemd
  }
  return createHash('sha256').update(`holdfast ${id}`).digest('hex').slice(0, 32)
}
