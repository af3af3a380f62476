import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Outcome } from '../../lib/core/outcome.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { HOME } from '../../lib/program/command-line.ts'
import type { Mariadb } from '../../lib/sandbox/mariadb.ts'
import { createWordpress, type WordPressSite } from '../../lib/sandbox/wordpress.ts'
import { taskWords } from '../../lib/setup/units.ts'
import { DatedNights } from './dated-nights.ts'
import { claim, PASSPHRASE, Stage, type StageHost } from './stage.ts'

const DAY = 86_400_000
const FIRST = Date.parse('2026-01-05T03:00:00Z')

/** Seconds that some work takes. */
export const seconds = async (work: () => unknown): Promise<number> => {
  const begun = performance.now()
  await work()
  return (performance.now() - begun) / 1000
}

/** A WordPress with uploads, whose chain grows, on a host that owns it and on one that keeps its replica. */
export class BenchedSite {
  private readonly stage: Stage
  private readonly web1: StageHost
  private readonly web2: StageHost
  private readonly nights: DatedNights
  private readonly site: string
  private readonly folder: string
  private readonly source: Mariadb
  private readonly database: string
  private readonly mb: number
  private readonly encrypted: boolean
  sets = 0

  private constructor(
    folder: string,
    mb: number,
    encrypted: boolean,
    [source, copy]: readonly [Mariadb, Mariadb],
    site: WordPressSite,
  ) {
    this.folder = folder
    this.mb = mb
    this.encrypted = encrypted
    this.source = source
    this.site = site.folder
    this.database = site.database.name
    this.stage = new Stage(folder)
    const encryption = encrypted ? { kind: 'passphrase', secret: 'PP', generated: true } : { kind: 'none' }
    const fields = ({ socket }: Mariadb) =>
      ({ encryption, database: { socket }, staleAfter: '20Y' }) as unknown as Partial<HostFile>
    this.web1 = this.stage.addHost('web1', fields(source))
    this.web2 = this.stage.addHost('web2', fields(copy))
    claim(site.folder, this.web1)
    this.nights = new DatedNights(this.stage, this.web1, 'blog', fields(source))
  }

  static async make(
    folder: string,
    { mb, encrypted }: { readonly mb: number; readonly encrypted: boolean },
    servers: readonly [Mariadb, Mariadb],
  ): Promise<BenchedSite> {
    const vhosts = join(folder, 'web1/vhosts')
    // as cron starts it
    process.env.NODE_COMPILE_CACHE ??= join(folder, 'compiled')
    const site = await createWordpress({ vhosts, name: 'blog', title: 'Site', mariadb: servers[0] })
    // as on a server: one that looks at no host name, with the database of the machine that it is on
    const config = join(site.root, 'wp-config.php')
    const text = readFileSync(config, 'utf8').replace(/^if \(isset\(\$_SERVER.*?^}\n/ms, '')
    writeFileSync(config, text.replaceAll(`localhost:${site.socket}`, 'localhost'))
    for (let file = 0; file < uploadsOf(mb); file++) writeFileSync(uploadIn(site.folder, file), randomBytes(250_000))
    writeFileSync(join(site.folder, 'full_backup_freq'), '1Y\n')
    return new BenchedSite(folder, mb, encrypted, servers, site)
  }

  /** One more set: a hundredth of the uploads and some rows are new. */
  async night(): Promise<void> {
    for (let file = 0; file < Math.max(1, this.mb / 25); file++)
      writeFileSync(uploadIn(this.site, (this.sets * 8 + file) % uploadsOf(this.mb)), randomBytes(250_000))
    writeFileSync(join(this.site, 'SITE/small.bin'), randomBytes(10_000))
    await this.source.query(POST, this.database)
    await this.nights.backUp(FIRST + this.sets * DAY)
    this.sets++
  }

  /** A restore by duplicity alone, with a cache that knows the archive, as Holdfast's has. */
  plain(...words: string[]): Promise<number> {
    const into = join(this.folder, 'plain')
    const [archive, cache] = [join(this.stage.archive, 'blog'), join(this.folder, 'plain-cache')]
    const gpg = this.encrypted ? ['--gpg-options=--s2k-count=65536'] : ['--no-encryption']
    const all = ['restore', `--archive-dir=${cache}`, ...gpg, ...words, `file://${archive}`, into]
    rmSync(into, { recursive: true, force: true })
    const env = { ...process.env, PASSPHRASE }
    return seconds(() => execFileSync('duplicity', all, { stdio: 'ignore', env }))
  }

  recover(...words: string[]): Promise<number> {
    return this.run('recover', this.web1, ['--site', 'blog', '--yes', ...words])
  }

  replica(): Promise<number> {
    return this.run('nightly', this.web2, [])
  }

  /** The same, and what it told of each step. */
  async toldReplica(): Promise<{ readonly took: number; readonly outcomes: readonly Outcome[] }> {
    let outcomes: readonly Outcome[] = []
    const took = await seconds(async () => {
      outcomes = JSON.parse(await this.start('nightly', this.web2, ['--json'])).outcomes
    })
    return { took, outcomes }
  }

  /** What all its sets take. */
  archiveBytes(): number {
    const folder = join(this.stage.archive, 'blog')
    return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  }

  private run(task: string, host: StageHost, words: string[]): Promise<number> {
    return seconds(() => this.start(task, host, words))
  }

  /** Runs a task as cron starts it, and gives what it prints. */
  private async start(task: string, host: StageHost, words: string[]): Promise<string> {
    const place = { folder: HOME, words: ['--host', host.name, '--inventory', join(this.stage.folder, 'hosts'), ...words] }
    const [program = '', ...rest] = taskWords(task, { commandPlace: place })
    return (await promisify(execFile)(program, rest, { maxBuffer: 1 << 28 })).stdout
  }
}

/** MB of a WordPress as it is installed; the rest of a site are its uploads. */
const PROGRAM_MB = 60
const uploadsOf = (mb: number): number => Math.max(8, (mb - PROGRAM_MB) * 4)
const uploadIn = (site: string, file: number): string => join(site, `SITE/wp-content/uploads/${file}.bin`)

const POST = `INSERT INTO wp_posts (post_title, post_content, post_excerpt, to_ping, pinged, post_content_filtered)
  VALUES ('Of tonight', 'A text', '', '', '', '')`
