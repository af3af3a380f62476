import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '../../lib/core/secret.ts'
import { type Runnable, recipe } from '../../lib/engine/recipe.ts'
import { Run } from '../../lib/engine/run.ts'
import type { NeedsOf } from '../../lib/engine/step.ts'
import { runTree } from '../../lib/engine/tree.ts'
import type { PrimarySite, Site } from '../../lib/host/site.ts'
import type { Host, HostFile } from '../../lib/inventory/schema.ts'
import { followPrimary } from '../../lib/parts/follow-primary.ts'
import { backup, readBackSet } from '../../lib/steps/backup.ts'
import type { Checked } from '../../lib/steps/check-site.ts'
import { lookForChanges } from '../../lib/steps/check-site.ts'
import { checkEncryption, type EncryptionRequest } from '../../lib/steps/gpg.ts'
import { claimSite } from '../../lib/steps/ownership.ts'
import { status } from '../../lib/steps/status.ts'
import type { Archive } from '../../lib/store/archive.ts'
import type { Ownership } from '../../lib/store/epochs.ts'
import type { Needs } from '../../lib/store/facts.ts'
import type { Writer } from '../../lib/store/writer.ts'
import type { Chance } from './chance.ts'
import { ChangingTree } from './changing-tree.ts'
import { type DatedDuplicity, datedDuplicity } from './dated-duplicity.ts'
import { hostIn, NO_REQUEST, siteOf } from './host.ts'
import { snapshot } from './snapshot.ts'
import { PASSPHRASE, troubles } from './stage.ts'

const FIRST = Date.parse('2025-01-05T03:00:00Z')
const DAY = 86_400_000

/** Bytes of the site: small, so that hundreds of nights are made, and larger than a volume. */
const LEAST = 3_000_000
const MOST = 5_000_000

type Owned = NeedsOf<typeof status> &
  Needs<'request' | 'writer' | 'ownership' | 'freeSpace' | 'databaseSaved' | 'certificatesSaved' | 'webServerSaved'> &
  EncryptionRequest &
  Checked & { readonly site: PrimarySite }

const saved = recipe<Owned>().do(status).do(checkEncryption).do(claimSite).do(lookForChanges).do(backup).do(readBackSet)

/** A site without database, certificates and web server; and room enough. */
const NOTHING_BESIDE = {
  writer: {} as Writer,
  ownership: { epoch: undefined } as Ownership,
  freeSpace: { bytes: 1e12, fullBackups: { allowed: true, reason: 'for a test' } },
  databaseSaved: false,
  certificatesSaved: false,
  webServerSaved: false,
  newPassphrase: false,
  answer: undefined,
}

/** A static site that changes at random on its owner's host, and its replica; both in this process, at simulated times. */
export class FollowedSite {
  readonly owner: Host
  readonly replica: Host
  readonly tree: ChangingTree
  /** Its archive's folder. */
  readonly archive: string
  readonly #duplicity: DatedDuplicity
  readonly #folder: string
  readonly #chance: Chance
  #now = FIRST

  constructor(folder: string, chance: Chance, fields: Partial<HostFile> = {}) {
    this.#duplicity = datedDuplicity(join(folder, 'dated'))
    const duplicity = { program: this.#duplicity.program, volumeSize: 1, ...fields.duplicity }
    const all = { archive: { kind: 'folder', path: join(folder, 'nas') } as const, ...fields, duplicity }
    this.#folder = folder
    this.#chance = chance
    this.owner = hostIn(join(folder, 'web1'), { ...all, name: 'web1', fullBackupFrequency: '10Y' })
    // a restore needs no clock of its own; with one, a program of many threads may hang when it forks
    const undated = { ...duplicity, program: 'duplicity' }
    this.replica = hostIn(join(folder, 'web2'), { ...all, duplicity: undated, name: 'web2' })
    this.archive = join(folder, 'nas/blog')
    const live = join(this.owner.vhosts, 'blog')
    mkdirSync(join(live, 'SITE'), { recursive: true })
    mkdirSync(this.replica.vhosts, { recursive: true })
    mkdirSync(join(folder, 'nas'))
    writeFileSync(join(live, 'PRIMARY_IS_web1'), '')
    this.tree = new ChangingTree(live, chance)
    this.tree.grow(LEAST)
  }

  /** Where the replica's tree is. */
  get copy(): string {
    return join(this.replica.vhosts, 'blog')
  }

  /** Some changes of all kinds; or edits without a trace in time and mode, and nothing that hides them. */
  change(): void {
    if (this.#chance(4) === 0) {
      this.tree.editUnseen()
      this.tree.write('SITE/beside', 1 + this.#chance(1000))
      return
    }
    this.tree.changeRights(this.#chance(3))
    this.tree.change(1 + this.#chance(8))
    this.tree.shrinkTo(MOST)
    this.tree.grow(this.#chance(200_000))
  }

  /** One more set, a day later. */
  async backUp(): Promise<void> {
    this.#now += DAY
    this.#duplicity.setClock(this.#now)
    const site = siteOf(this.owner, 'blog')
    await this.#run(saved, { ...this.#facts(this.owner), ...NOTHING_BESIDE, site })
  }

  /** A night of the replica; gives what the step said that makes its tree. */
  async follow(): Promise<string> {
    const local = existsSync(this.copy) ? {} : { local: undefined }
    const role = { role: 'replica', owner: 'web1', reason: 'for a test', choices: [] } as const
    const site: Site = { ...siteOf(this.replica, 'blog'), ...local, role }
    const facts = { ...this.#facts(this.replica), site, acceptShrinkage: true, newMachine: false }
    const { outcomes } = await this.#run(followPrimary, facts)
    const made = outcomes.filter(({ step }) => step === 'restore-files')
    return made.flatMap(({ notes }) => notes.map(({ text }) => text)).join('\n')
  }

  /**
   * How the replica differs from its owner's tree, but for what nightly runs keep in it. A file that changed with its own
   * time and mode the same is in the set a second later, so that duplicity sees it (see lib/site/tree.ts).
   */
  differences(): string[] {
    const [found, wanted] = [this.copy, this.tree.folder].map(each => snapshot(each, path => path === '.holdfast'))
    const paths = [...new Set([...Object.keys(found!), ...Object.keys(wanted!)])]
    return paths
      .filter(path => ![wanted![path], laterBySecond(wanted![path] ?? '')].includes(found![path]))
      .map(path => `${path}: ${found![path]}, wanted ${wanted![path]}`)
  }

  #facts(host: Host) {
    return {
      host,
      secrets: new Map([['PP', new Secret(PASSPHRASE)]]),
      archive: { kind: 'folder', root: join(this.#folder, 'nas') } as unknown as Archive,
      request: NO_REQUEST,
    }
  }

  async #run<Start extends object>(what: Runnable<Start>, facts: Start): Promise<Run> {
    const run = new Run({ dry: false, stop: new AbortController().signal, now: () => this.#now, onEvent: () => {} })
    await runTree(what as unknown as Runnable<never>, facts, run)
    const trouble = troubles(run)
    if (trouble.length > 0) throw new Error(trouble.join('\n'))
    return run
  }
}

const laterBySecond = (text: string): string =>
  text.replace(/^(file \d+ \d+:\d+) (\d+)/, (_, first, time) => `${first} ${Number(time) + 1}`)
