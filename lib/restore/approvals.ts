import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { BadInput } from '../core/bad-input.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { memoryOfSites, parseChecked, textOfState } from '../host/state.ts'
import { makeFolder } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { type ConfigurationFile, NO_PROPOSAL, type Proposal, readProposal } from './proposal.ts'

/** Words kept of each kind. */
const MOST = 100

/** What an administrator of this host said of one configuration, byte for byte. */
const word = z.object({ name: z.string(), sha256: z.string() })
type Word = z.infer<typeof word>

/** What this host remembers of a site's configuration and certificates. The lists are oldest first. */
const approvals = z.object({
  /** Put in force without a question: it was approved, or an administrator wrote it here. */
  approved: z.array(word).default([]),
  /** Not asked about again. */
  declined: z.array(word).default([]),
  /** Lineages that were put in place for the site by a restore, and are its own by that. */
  lineages: z.array(z.string()).default([]),
})
export type Approvals = z.infer<typeof approvals>
const memory = memoryOfSites('configurations', approvals)

export const readApprovals = (host: Pick<Host, 'paths'>, site: string): Approvals =>
  memory.read(host, site) ?? approvals.parse({})

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Whether a word was said of this very text under this name. */
export const isAmong = (words: readonly Word[], { name, text }: ConfigurationFile): boolean =>
  words.some(word => word.name === name && word.sha256 === digestOf(text))

/** Whether all of these files are known to be approved. */
export function areApproved(host: Pick<Host, 'paths'>, site: string, files: readonly ConfigurationFile[]): boolean {
  try {
    const { approved, declined } = readApprovals(host, site)
    return files.every(file => isAmong(approved, file) && !isAmong(declined, file))
  } catch {
    return false // whoever remembers more is told that the memory is damaged
  }
}

/** Remembers what an administrator said of some files. @throws when it cannot be written */
export function remember(
  host: Pick<Host, 'paths'>,
  site: string,
  said: 'approved' | 'declined',
  files: readonly ConfigurationFile[],
): void {
  const known = readApprovals(host, site)
  const other = said === 'approved' ? 'declined' : 'approved'
  const fresh = files.map(({ name, text }) => ({ name, sha256: digestOf(text) }))
  const isNew = (word: Word): boolean => !fresh.some(each => each.name === word.name && each.sha256 === word.sha256)
  const all = [...known[said].filter(isNew), ...fresh].slice(-MOST)
  memory.write(host, site, { ...known, [said]: all, [other]: known[other].filter(isNew) })
}

/** Remembers that lineages were put in place for a site. @throws when it cannot be written */
export function rememberLineages(host: Pick<Host, 'paths'>, site: string, names: readonly string[]): void {
  const known = readApprovals(host, site)
  const fresh = names.filter(name => !known.lineages.includes(name))
  if (fresh.length > 0) memory.write(host, site, { ...known, lineages: [...known.lineages, ...fresh] })
}

/** What an administrator says of the configuration that waits for a site. */
export interface Approval {
  readonly decline: boolean
  /** Only these files; all when empty. */
  readonly files: readonly string[]
  /** What it must be, byte for byte, as a report named it. */
  readonly digest: string | undefined
  /** No question is asked. */
  readonly yes: boolean
}

/** Checks the options of an approval, before anything is touched. @throws {BadInput} */
export function readApproval(values: Readonly<Record<string, unknown>>, isTerminal: boolean): Approval {
  const sites = (values.site as string[] | undefined) ?? []
  if (sites.length !== 1)
    throw new BadInput(`--site: found ${sites.length === 0 ? 'none' : sites.length}, wanted the one site in question`)
  const digest = values.digest as string | undefined
  const yes = values.yes === true
  if (!yes && digest === undefined && values['dry-run'] !== true && !isTerminal)
    throw new BadInput('there is no terminal to ask on: add --digest as a report named it, or --dry-run to see what waits')
  return { decline: values.decline === true, files: (values.file as string[] | undefined) ?? [], digest, yes }
}

/** Where what a set of a site brought waits for its turn: no web server includes it, and root alone reads it. */
export const proposalFolder = (host: Pick<Host, 'paths'>, site: string): string =>
  join(host.paths.state, 'proposals', encodeURIComponent(site))

/** The file in which a proposed configuration lies. */
export const proposedFile = (host: Pick<Host, 'paths'>, site: string, name: string): string =>
  join(proposalFolder(host, site), 'web-server/sites-enabled', name)

/** What waits for a site; nothing where there is none. @throws when it cannot be read */
export function readKeptProposal(host: Pick<Host, 'paths'>, site: string): Proposal {
  const folder = proposalFolder(host, site)
  if (!existsSync(folder)) return NO_PROPOSAL
  using opened = OpenedFolder.open(folder)
  const proposal = readProposal(opened, text => {
    throw new Error(`${folder}: ${text}`)
  })
  const replaces = opened.text(REPLACES, 1_000_000)
  return {
    ...proposal,
    replaces: replaces === undefined ? {} : parseChecked(join(folder, REPLACES), replaces, z.record(z.string(), z.string())),
  }
}

const REPLACES = 'replaces.json'

/** Whether something waits for a site. */
export const hasKeptProposal = (host: Pick<Host, 'paths'>, site: string): boolean => existsSync(proposalFolder(host, site))

/** Keeps what waits for a site, in place of what waited before; nothing, and there is none. */
export function keepProposal(host: Pick<Host, 'paths'>, site: string, { files, replaces = {}, lineages }: Proposal): void {
  const place = proposalFolder(host, site)
  const [fresh, old] = [`${place}.new`, `${place}.old`] as const
  for (const left of [fresh, old]) rmSync(left, { recursive: true, force: true })
  if (files.length + lineages.length > 0) {
    makeFolder(fresh)
    using folder = OpenedFolder.open(fresh)
    if (files.length > 0) {
      using enabled = made(folder, 'web-server/sites-enabled')
      for (const { name, text } of files) enabled.write(name, text)
      folder.write(REPLACES, textOfState(replaces))
    }
    for (const { name, certificate, key, chain, renewal } of lineages) {
      using live = made(folder, `certificates/live/${name}`)
      const parts = { cert: certificate, privkey: key, ...(chain === '' ? {} : { chain }) }
      for (const [part, text] of Object.entries(parts)) live.write(`${part}.pem`, text)
      if (renewal === undefined) continue
      using settings = made(folder, 'certificates/renewal')
      settings.write(`${name}.conf`, renewal)
    }
  }
  if (existsSync(place)) renameSync(place, old)
  if (existsSync(fresh)) renameSync(fresh, place)
  rmSync(old, { recursive: true, force: true })
}

function made(folder: OpenedFolder, way: string): OpenedFolder {
  mkdirSync(join(folder.path, way), { recursive: true, mode: 0o700 })
  return folder.folder(way)
}
