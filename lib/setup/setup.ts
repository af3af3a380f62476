import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf } from '../core/wording.ts'
import { loadHost } from '../inventory/load.ts'
import type { Host } from '../inventory/schema.ts'
import { checkSecrets, readSecrets } from '../inventory/secrets.ts'
import { declaredNeeds, nightlyTime } from './archive.ts'
import { type Found, lookAround } from './find.ts'
import { PASSPHRASE, presentInventory, writeInventory } from './first-inventory.ts'
import type { SetupOptions } from './options.ts'
import { awaitsSites, type Checked, checkPrograms, install, installWords, mayInstall, neededPrograms } from './programs.ts'
import { checkNeeds } from './replica-needs.ts'
import { scheduleBoot, scheduleDesktop } from './units.ts'
import * as words from './words.ts'

/**
 * Makes a host ready, and prints what is left to do. @returns whether nothing is missing
 * @throws {BadInput} when an inventory or a `.env` that is there already is not as it must be
 */
export async function setUp(options: SetupOptions): Promise<boolean> {
  const { host: name, root, inventory, env, desktop } = options
  const found = lookAround(root)
  print(words.sitesText(found, name))
  const before = presentInventory(options) === undefined ? undefined : await loadHost(inventory, name)
  const secret = before === undefined ? PASSPHRASE : secretOf(before)
  const passphrase = secret === undefined ? undefined : ensurePassphrase(env, secret)
  const written = writeInventory(options, found, passphrase?.isGenerated === true)
  const host = before ?? (await loadHost(inventory, name))
  print(words.inventoryWords(written, name, found))
  if (passphrase) print(words.passphraseText(env, passphrase.isNew))
  const hasFolder = desktop || haveVhosts(root, host.vhosts)
  const ready = (await checkAndInstall(host, found, options)) && hasFolder
  print(words.markersText(found, name))
  print(desktop ? scheduleDesktop(options, found.systemd) : words.cronText(options, nightlyTime(host, found, options.root)))
  if (!desktop) print(scheduleBoot(options, found.systemd))
  checkSecrets(host, readSecrets(env), env)
  print(words.verdict(options, ready, awaitsSites(host, found)))
  return ready
}

/** Makes the folder of the sites, without which the nightly run refuses to begin. Gives whether it is there. */
function haveVhosts(root: string, vhosts: string): boolean {
  const folder = join(root, vhosts)
  if (existsSync(folder)) return true
  try {
    mkdirSync(folder, { recursive: true })
    print(words.vhostsText(vhosts))
    return true
  } catch (error) {
    print(words.vhostsText(vhosts, messageOf(error)))
    return false
  }
}

const secretOf = ({ encryption }: Host): string | undefined => (encryption.kind === 'passphrase' ? encryption.secret : undefined)

/** Sees to a passphrase in `.env`: one of 256 random bits is added unless one is there. @throws {BadInput} */
function ensurePassphrase(file: string, name: string): { readonly isNew: boolean; readonly isGenerated: boolean } {
  const present = readSecrets(file).get(name)?.reveal()
  if (present) return { isNew: false, isGenerated: /^[0-9a-f]{64}$/.test(present) }
  mkdirSync(dirname(file), { recursive: true })
  const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const gap = before === '' || before.endsWith('\n') ? '' : '\n'
  appendFileSync(file, `${gap}${name}=${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  return { isNew: true, isGenerated: true }
}

async function checkAndInstall(host: Host, found: Found, options: SetupOptions): Promise<boolean> {
  const needs = options.desktop ? undefined : declaredNeeds(host, options.root)
  const check = (): readonly Checked[] => {
    const programs = checkPrograms(neededPrograms(host, found, needs))
    const more = needs === undefined ? [] : checkNeeds(needs, host, options.root)
    return [...programs, ...more.filter(({ name }) => !programs.some(program => program.name === name))]
  }
  const isMissing = (each: Checked): boolean => each.problem !== undefined
  const checked = check()
  print(words.programsText(checked))
  if (!options.desktop && needs === undefined) print(words.unknownNeedsText(host))
  const missing = checked.filter(isMissing)
  if (missing.length === 0) return true
  const command = installWords(missing)
  const remedies = missing.flatMap(({ remedy }) => (remedy ? [remedy] : []))
  print(words.missingText([...(command === undefined ? [] : [command]), ...remedies]))
  if (command === undefined || !(await mayInstall(options.yes)) || !install(command)) return false
  const after = check()
  print(words.programsText(after))
  return !after.some(isMissing)
}

function print(text: string): void {
  if (text !== '') console.log(`${text}\n`)
}
