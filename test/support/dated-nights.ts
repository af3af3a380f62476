import { lstatSync, lutimesSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '../../lib/core/secret.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import { Run } from '../../lib/engine/run.ts'
import { runTree } from '../../lib/engine/tree.ts'
import type { PrimarySite } from '../../lib/host/site.ts'
import type { Host, HostFile } from '../../lib/inventory/schema.ts'
import { hostSchema } from '../../lib/inventory/schema.ts'
import { backup } from '../../lib/steps/backup.ts'
import { claimSite } from '../../lib/steps/ownership.ts'
import { dumpDatabase, isWordPress, saveCertificates } from '../../lib/steps/save.ts'
import { status } from '../../lib/steps/status.ts'
import type { Archive, Encryption } from '../../lib/store/archive.ts'
import type { Ownership } from '../../lib/store/epochs.ts'
import type { Needs } from '../../lib/store/facts.ts'
import type { Writer } from '../../lib/store/writer.ts'
import { configsFrom } from '../../lib/wordpress/find-config.ts'
import { type DatedDuplicity, datedDuplicity } from './dated-duplicity.ts'
import { fieldsIn, siteOf } from './host.ts'
import { PASSPHRASE, type Stage, type StageHost, troubles } from './stage.ts'

type Facts = Needs<'host' | 'secrets' | 'archive' | 'writer' | 'ownership' | 'freeSpace' | 'encryption' | 'webServerSaved'> & {
  site: PrimarySite
  tree: undefined
}

const backedUp = recipe<Facts>()
  .do(status)
  .only('WordPress', isWordPress, wordpress => wordpress.do(dumpDatabase), { databaseSaved: false })
  .do(saveCertificates)
  .do(claimSite)
  .do(backup)

/** The dump stays that of the night before. */
const onlyFiles = recipe<Facts & Needs<'databaseSaved'>>().do(status).do(saveCertificates).do(claimSite).do(backup)

/** Makes the backups of a primary site by the steps of the nightly run, at any time: Holdfast's clock and duplicity's are set, the machine's is not. */
export class DatedNights {
  private readonly duplicity: DatedDuplicity
  private readonly facts: Facts
  /** Of each file at the last backup: its time, in whole seconds, and when it was changed. */
  private seen = new Map<string, { readonly second: number; readonly changed: number }>()

  /** @param fields those that the host of the stage was added with */
  constructor(stage: Stage, host: StageHost, site: string, fields: Partial<HostFile>) {
    this.duplicity = datedDuplicity(join(stage.folder, 'dated'))
    const given = fieldsIn(host.folder, { archive: { kind: 'folder', path: stage.archive }, ...fields })
    const parsed: Host = { ...hostSchema.parse(given), name: host.name }
    const dated: Host = { ...parsed, duplicity: { ...parsed.duplicity, program: this.duplicity.program } }
    const [wpConfig] = configsFrom(join(host.vhosts, site))
    mkdirSync(stage.archive, { recursive: true })
    this.facts = {
      host: dated,
      secrets: new Map([['PP', new Secret(PASSPHRASE)]]),
      archive: { kind: 'folder', root: stage.archive } as unknown as Archive,
      writer: {} as Writer,
      ownership: { epoch: undefined } as Ownership,
      webServerSaved: false,
      tree: undefined,
      site: siteOf(dated, site, wpConfig === undefined ? {} : { wpConfig }),
      encryption: { since: 0, isMarked: true } as Encryption,
      freeSpace: { bytes: 1e12, fullBackups: { allowed: true, reason: 'test' } },
    }
  }

  /** One backup, taken at this time (ms since the epoch). @throws with what went wrong */
  async backUp(time: number, what: 'all' | 'files only' = 'all'): Promise<void> {
    this.duplicity.setClock(time)
    this.showChanges()
    const stop = new AbortController().signal
    const run = new Run({ dry: false, stop, now: () => time, onEvent: () => {}, secrets: [] })
    const nodes = what === 'all' ? backedUp : onlyFiles
    await runTree(nodes as unknown as Parameters<typeof runTree>[0], { ...this.facts, databaseSaved: false }, run)
    const trouble = troubles(run)
    if (trouble.length > 0) throw new Error(trouble.join('\n'))
  }

  /** Duplicity sees no change of a file within one second, and these steps look no further: it gets the next one. */
  private showChanges(): void {
    const before = this.seen
    this.seen = new Map()
    for (const entry of readdirSync(this.facts.site.folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const { mtimeMs, ctimeMs: changed } = lstatSync(path)
      const second = Math.floor(mtimeMs / 1000)
      const last = before.get(path)
      const isHidden = last?.second === second && last.changed !== changed
      if (isHidden) lutimesSync(path, second + 1, second + 1)
      this.seen.set(path, isHidden ? { second: second + 1, changed: lstatSync(path).ctimeMs } : { second, changed })
    }
  }
}
