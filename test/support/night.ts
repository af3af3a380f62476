import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Outcome, RunEvent } from '../../lib/core/outcome.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import { Run } from '../../lib/engine/run.ts'
import { runTree } from '../../lib/engine/tree.ts'
import type { LockInfo } from '../../lib/host/locks.ts'
import type { PrimarySite } from '../../lib/host/site.ts'
import { type Host, type HostFile, hostSchema } from '../../lib/inventory/schema.ts'
import { backup, mustBeRepeated, readBackSet } from '../../lib/steps/backup.ts'
import { checkEncryption, type EncryptionRequest } from '../../lib/steps/gpg.ts'
import { claimSite } from '../../lib/steps/ownership.ts'
import { prune } from '../../lib/steps/prune.ts'
import { status } from '../../lib/steps/status.ts'
import { compareFiles } from '../../lib/steps/verify.ts'
import type { Archive } from '../../lib/store/archive.ts'
import type { Ownership } from '../../lib/store/epochs.ts'
import type { Needs } from '../../lib/store/facts.ts'
import type { Writer } from '../../lib/store/writer.ts'
import { NO_REQUEST } from './host.ts'

type NightFacts = Needs<
  | ('host' | 'secrets' | 'archive' | 'writer' | 'ownership' | 'freeSpace' | 'interrupted' | 'request')
  | ('databaseSaved' | 'certificatesSaved' | 'webServerSaved')
> &
  EncryptionRequest & { site: PrimarySite; tree: undefined }

/** One site on one host with an archive of its own, for nights that are only what an archive sees: status, prune, backup. */
export interface NightSite {
  readonly facts: { -readonly [Name in keyof NightFacts]: NightFacts[Name] }
  /** The site's folder. */
  readonly source: string
  /** Its archive's folder. */
  readonly archive: string
}

/** Makes an empty site in `folder`, without encryption unless the inventory says otherwise. */
export async function makeNightSite(folder: string, file: Partial<HostFile> = {}, name = 'blog'): Promise<NightSite> {
  const at = (part: string): string => join(folder, part)
  const paths = { state: at('state'), cache: at('cache'), logs: at('logs'), run: at('run') }
  const archive = { kind: 'folder', path: at('nas') } as const
  const host: Host = { ...hostSchema.parse({ vhosts: at('vhosts'), archive, paths, keepDays: 0, ...file }), name: 'web1' }
  const site = {
    name,
    folder: join(at('vhosts'), name),
    local: { name, folder: join(at('vhosts'), name), claims: ['web1'], wpConfig: undefined },
    settings: hostSchema.shape.sites.parse({ [name]: {} })[name]!,
    role: { role: 'primary', owner: 'web1', reason: 'test', choices: [] },
  } as PrimarySite
  await mkdir(join(site.folder, 'SITE'), { recursive: true })
  await mkdir(at('nas'), { recursive: true })
  const freeSpace = { bytes: 1e12, fullBackups: { allowed: true, reason: 'test' } }
  const proven =
    host.archive.kind === 'url'
      ? { kind: 'url', base: host.archive.url, options: host.archive.options }
      : { kind: 'folder', root: at('nas') }
  const facts = {
    host,
    secrets: new Map(),
    archive: proven as unknown as Archive,
    writer: {} as Writer,
    ownership: { epoch: undefined } as Ownership,
    site,
    freeSpace,
    interrupted: undefined,
    databaseSaved: false,
    certificatesSaved: false,
    webServerSaved: false,
    tree: undefined,
    request: NO_REQUEST,
    newPassphrase: false,
  }
  return { facts, source: site.folder, archive: join(at('nas'), name) }
}

const whole = recipe<NightFacts>()
  .do(status)
  .do(checkEncryption)
  .do(compareFiles)
  .do(prune)
  .do(claimSite)
  .do(backup)
  .do(readBackSet)
  .only('Read back differs', mustBeRepeated, again => again.do(backup).do(readBackSet))
const onlyPruning = recipe<NightFacts>().do(status).do(checkEncryption).do(compareFiles).do(prune)

export interface NightOptions {
  /** Ms since the epoch; a clock that goes on where the night makes more than one set. */
  readonly now: number | (() => number)
  readonly dry?: boolean
  readonly interrupted?: LockInfo
  /** Only status and pruning. */
  readonly noBackup?: boolean
  readonly onEvent?: (event: RunEvent) => void
  readonly stop?: AbortSignal
}

/** Runs one night of a site at a simulated time. The clock of duplicity is the caller's to set. */
export async function night({ facts }: NightSite, options: NightOptions): Promise<readonly Outcome[]> {
  const { now, dry = false, interrupted, onEvent = () => {}, stop = new AbortController().signal } = options
  const run = new Run({ dry, stop, now: typeof now === 'number' ? () => now : now, onEvent })
  const chain = options.noBackup ? onlyPruning : whole
  await runTree(chain as unknown as Parameters<typeof runTree>[0], { ...facts, interrupted }, run)
  return run.outcomes
}

/** The notes of these outcomes, as `kind: text`. */
export function notesIn(outcomes: readonly Outcome[], step?: string): string[] {
  const wanted = outcomes.filter(outcome => step === undefined || outcome.step === step)
  return wanted.flatMap(outcome => [
    ...outcome.notes.map(note => `${note.kind}: ${note.text}`),
    ...(outcome.status === 'failed' ? [`failed: ${outcome.reason}`] : []),
  ])
}
