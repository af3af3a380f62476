import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { OpenedFolder } from '../host/opened-folder.ts'
import { parseChecked, textOfState } from '../host/state.ts'
import { makeFolder } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { NO_PROPOSAL, type Proposal, readProposal } from './proposal.ts'

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
