import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../core/wording.ts'
import { loadHost } from '../inventory/load.ts'
import type { Host } from '../inventory/schema.ts'
import { checkSecrets, readSecrets } from '../inventory/secrets.ts'
import { scheduleBoot } from './boot.ts'
import { desktopLines, scheduleDesktop, writeExclusions } from './desktop.ts'
import { type Found, lookAround } from './find.ts'
import { install, installWords, mayInstall, remedies } from './install.ts'
import { inventoryText, PASSPHRASE, type WrittenInventory } from './inventory-text.ts'
import type { SetupOptions } from './options.ts'
import { ensurePassphrase } from './passphrase.ts'
import { awaitsSites, type Checked, checkPrograms, neededPrograms } from './programs.ts'
import { checkNeeds, declaredNeeds } from './replica-needs.ts'
import * as words from './words.ts'

/**
 * Makes a host ready, as far as it can be told from outside: looks around, writes a first inventory and a passphrase
 * where there are none, checks the programs, and prints what is left to do.
 * @returns whether nothing is missing
 * @throws {BadInput} when an inventory or a `.env` that is there already is not as it must be
 */
export async function setUp(options: SetupOptions): Promise<boolean> {
  const found = lookAround(options.root)
  print(words.sitesText(found, options.host))
  const present = presentInventory(options)
  const before = present === undefined ? undefined : await loadHost(options.inventory, options.host)
  const name = before === undefined ? PASSPHRASE : secretOf(before)
  const passphrase = name === undefined ? undefined : ensurePassphrase(options.env, name)
  if (options.desktop) writeExclusions(options)
  const written = writeInventory(
    options,
    present,
    inventoryText(
      found,
      options.host,
      options.inventory,
      passphrase?.generated === true,
      options.desktop ? desktopLines(options) : [],
    ),
  )
  const host = before ?? (await loadHost(options.inventory, options.host))
  print(words.inventoryWords(written, options.host, found))
  if (passphrase) print(words.passphraseText(options.env, passphrase))
  const hasFolder = options.desktop || haveVhosts(options.root, host.vhosts)
  const ready = (await checkAndInstall(host, found, options)) && hasFolder
  print(words.markersText(found, options.host))
  print(options.desktop ? scheduleDesktop(options, found) : words.cronText(options))
  if (!options.desktop) print(scheduleBoot(options, host, found))
  checkSecrets(host, readSecrets(options.env), options.env)
  print(
    words.verdict({
      ready,
      options,
      task: options.desktop ? 'desktop' : 'nightly',
      awaitsSites: awaitsSites(host, found),
    }),
  )
  return ready
}

/**
 * Makes the folder of the sites where there is none: the nightly run refuses to begin without. Gives whether it is
 * there.
 */
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

/** The inventory that this host has already. */
function presentInventory({ inventory, host }: SetupOptions): string | undefined {
  const files = ['ts', 'js', 'json', 'yaml', 'yml'].map(ending => join(inventory, `${host}.${ending}`))
  return files.find(existsSync)
}

/**
 * Writes the first inventory. One that is there is never overwritten: what setup would have written stands beside it,
 * for reading.
 */
function writeInventory({ inventory, host }: SetupOptions, present: string | undefined, text: string): WrittenInventory {
  mkdirSync(inventory, { recursive: true })
  if (present === undefined) {
    const path = join(inventory, `${host}.ts`)
    writeFileSync(path, text, { flag: 'wx' })
    return { path, outcome: 'written' }
  }
  if (readFileSync(present, 'utf8') === text) return { path: present, outcome: 'kept' }
  writeFileSync(join(inventory, `${host}.ts.found`), text)
  return { path: present, outcome: 'beside' }
}

async function checkAndInstall(host: Host, found: Found, options: SetupOptions): Promise<boolean> {
  const needs = options.desktop ? undefined : declaredNeeds(host, options.root)
  const check = (): readonly Checked[] => {
    const programs = checkPrograms(neededPrograms(host, found))
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
  print(words.missingText([...(command === undefined ? [] : [command]), ...remedies(missing)]))
  if (command === undefined || !(await mayInstall(options.yes)) || !install(command)) return false
  const after = check()
  print(words.programsText(after))
  return !after.some(isMissing)
}

function print(text: string): void {
  if (text !== '') console.log(`${text}\n`)
}
