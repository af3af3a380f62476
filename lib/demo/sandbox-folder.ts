import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processStart } from '../engine/kernel.ts'

const PREFIX = 'holdfast-demo-'
/** Names the process that plays in a sandbox, so that another demo does not remove it meanwhile. */
const PLAYER = 'demo.pid'

/** Makes the folder of this demo, and removes those of earlier ones that have ended. Only this user can enter it. */
export async function newSandbox(): Promise<string> {
  for (const folder of earlier()) await rm(folder, { recursive: true, force: true })
  const folder = await mkdtemp(join(tmpdir(), PREFIX))
  await writeFile(join(folder, PLAYER), `${process.pid} ${processStart(process.pid)}\n`)
  return folder
}

function earlier(): string[] {
  const folders = readdirSync(tmpdir()).filter(name => name.startsWith(PREFIX))
  return folders.map(name => join(tmpdir(), name)).filter(folder => isMine(folder) && !isPlayed(folder))
}

function isMine(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  return stat?.isDirectory() === true && stat.uid === process.getuid?.()
}

function isPlayed(folder: string): boolean {
  try {
    const [pid, ...start] = readFileSync(join(folder, PLAYER), 'utf8').trim().split(' ')
    return processStart(Number(pid)) === start.join(' ')
  } catch {
    return false
  }
}
