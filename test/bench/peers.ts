import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { claim, Stage } from '../support/stage.ts'
import { type Benchmark, median } from './benchmark.ts'

const MB = Number(process.env.BENCH_MB ?? 100)
const TIMES = Number(process.env.BENCH_TIMES ?? 3)
const PASSPHRASE = 'known'

/** A program that backs up a folder, the site, into another. */
interface Peer {
  readonly name: string
  /** The Debian package that has it. */
  readonly from: string
  readonly begin: (archive: string) => readonly string[] | undefined
  readonly backUp: (site: string, archive: string) => readonly string[]
}

const PEERS: readonly Peer[] = [
  {
    name: 'duplicity',
    from: 'duplicity',
    begin: () => undefined,
    backUp: (site, archive) => ['duplicity', `--archive-dir=${archive}.cache`, site, `file://${archive}`],
  },
  {
    name: 'restic',
    from: 'restic',
    begin: archive => ['restic', 'init', '--quiet', '--repo', archive],
    backUp: (site, archive) => ['restic', 'backup', '--quiet', '--repo', archive, site],
  },
  {
    name: 'borg',
    from: 'borgbackup',
    begin: archive => ['borg', 'init', '--encryption=repokey', archive],
    backUp: (site, archive) => ['borg', 'create', `${archive}::{utcnow}`, site],
  },
]

const NIGHTS = ['full', 'nothing changed', '1 % changed'] as const

/** One site, encrypted, as each of them backs it up: whole processes. */
const peers: Benchmark = {
  about: `a static site of ${MB} MB, encrypted: seconds of each night, beside those of duplicity alone (medians of ${TIMES})`,
  columns: ['', ...NIGHTS.flatMap(night => [night, 'ratio'])],
  async *run(folder, tell) {
    const stage = new Stage(join(folder, 'stage'))
    const host = stage.addHost('web1', {
      setAtLeastEvery: '7D',
      encryption: { kind: 'passphrase', secret: 'PP', generated: true },
    } as object)
    const site = join(host.vhosts, 'site')
    fill(site)
    claim(site, host)
    const env = { ...process.env, PASSPHRASE, RESTIC_PASSWORD: PASSPHRASE, BORG_PASSPHRASE: PASSPHRASE, HOME: folder }
    const run = ([program = '', ...words]: readonly string[]): number => {
      const begun = performance.now()
      execFileSync(program, words, { env, stdio: ['ignore', 'ignore', 'pipe'] })
      return (performance.now() - begun) / 1000
    }
    const there = PEERS.filter(({ name }) => isThere(name))
    for (const { name, begin } of there) {
      mkdirSync(join(folder, name))
      const words = begin(join(folder, name))
      if (words) run(words)
    }
    const holdfast = async (): Promise<number> => {
      const begun = performance.now()
      const { code, stdout, stderr } = await stage.nightly(host)
      if (code !== 0) throw new Error(`the night ended with ${code}: ${stdout}\n${stderr}`)
      return (performance.now() - begun) / 1000
    }
    const took = new Map<string, number[]>()
    const note = (who: string, night: string, seconds: number): void =>
      void took.set(`${who} ${night}`, [...(took.get(`${who} ${night}`) ?? []), seconds])
    for (let time = 0; time < TIMES; time++)
      for (const night of time === 0 ? NIGHTS : NIGHTS.slice(1)) {
        tell(`${night}, ${time + 1} of ${TIMES}`)
        if (night === '1 % changed') change(site, time)
        for (const { name, backUp } of there) note(name, night, run(backUp(site, join(folder, name))))
        note('Holdfast', night, await holdfast())
      }
    for (const name of [...there.map(peer => peer.name), 'Holdfast'])
      yield [name, ...NIGHTS.flatMap(night => figures(took, name, night))]
    for (const { name, from } of PEERS.filter(peer => !there.includes(peer)))
      yield [`${name}: not installed (apt-get install ${from})`]
  },
}
export default peers

function figures(took: ReadonlyMap<string, readonly number[]>, who: string, night: string): string[] {
  const [own, plain] = [median(took.get(`${who} ${night}`)!), median(took.get(`duplicity ${night}`)!)]
  return [own.toFixed(2), (own / plain).toFixed(2)]
}

function isThere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'find', program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Half of it as good as compressed, half texts. */
function fill(site: string): void {
  mkdirSync(join(site, 'SITE'), { recursive: true })
  for (let file = 0; file < MB * 2; file++) writeFileSync(join(site, `SITE/${file}.jpg`), randomBytes(250_000))
  for (let file = 0; file < MB * 25; file++) writeFileSync(join(site, `SITE/${file}.php`), `<?php // ${file}\n`.repeat(1400))
}

function change(site: string, night: number): void {
  for (let file = 0; file < Math.max(1, MB / 50); file++)
    writeFileSync(join(site, `SITE/${(night * 10 + file) % (MB * 2)}.jpg`), randomBytes(250_000))
}
