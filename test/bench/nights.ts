import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { createWordpress, type WordPressSite } from '../../lib/sandbox/wordpress.ts'
import { taskWords } from '../../lib/setup/units.ts'
import { withDuplicity3 } from '../support/duplicity3.ts'
import { claim, PASSPHRASE, Stage } from '../support/stage.ts'
import { type Benchmark, median } from './benchmark.ts'

const SITES = Number(process.env.BENCH_SITES ?? 20)
const PAIRS = Number(process.env.BENCH_PAIRS ?? 3)
/** `2`, `3`, or both: duplicity's major versions. */
const VERSIONS = (process.env.BENCH_DUPLICITY ?? '2,3').split(',')
const ENCRYPTIONS = (process.env.BENCH_ENCRYPTION ?? 'passphrase,none').split(',')
/** Posts of a site, each some 1.5 kB in its dump. */
const POSTS = 1000
const ROOT = join(import.meta.dirname, '../..')

/** What a person writes who does without Holdfast: dump, collection-status, backup, one site after the other. */
const PLAIN = `set -e
while read -r folder database; do
  mariadb-dump --no-defaults --socket="$SOCKET" --single-transaction --order-by-primary --skip-extended-insert \\
    --skip-dump-date "$database" > "$folder/dump.new"
  cmp -s "$folder/dump.new" "$folder/dump.sql" && rm "$folder/dump.new" || mv "$folder/dump.new" "$folder/dump.sql"
  site=$(basename "$folder")
  common="--archive-dir $HERE/cache --name $site $OPTIONS"
  duplicity collection-status $common "file://$HERE/nas/$site" > "$HERE/out"
  duplicity $common "$folder" "file://$HERE/nas/$site" > "$HERE/out"
done < "$HERE/sites"`

/** Sites, and what makes a night of them. */
interface Side {
  readonly sites: readonly WordPressSite[]
  readonly night: () => number
}

/** Nights of WordPress sites beside the plain script: as cron starts them, dumps included. */
const nights: Benchmark = {
  about: `a night of ${SITES} WordPress sites, medians of ${PAIRS} pairs, beside a plain script: dump, collection-status, backup`,
  columns: ['', 'plain, s', 'Holdfast, s', 'ratio'],
  async *run(folder, tell) {
    await using mariadb = await startMariadb(join(folder, 'db'))
    for (const version of VERSIONS)
      for (const encryption of ENCRYPTIONS) {
        const here = join(folder, `${version}-${encryption}`)
        mkdirSync(join(here, 'gnupg'), { recursive: true, mode: 0o700 })
        const own = { GNUPGHOME: join(here, 'gnupg'), NODE_COMPILE_CACHE: join(here, 'compiled') }
        const env = { ...(version === '3' ? await withDuplicity3() : process.env), ...own }
        const make = async (name: string): Promise<{ stage: Stage; sites: WordPressSite[]; host: string }> => {
          const stage = new Stage(join(here, name))
          const fields = { encryption: encryptionOf(encryption), database: { socket: mariadb.socket }, setAtLeastEvery: '7D' }
          const host = stage.addHost('web1', { ...fields, auditBudget: 0 } as object)
          const sites: WordPressSite[] = []
          for (let index = 0; index < SITES; index++) {
            const site = await createWordpress({ vhosts: host.vhosts, name: `site${index}`, title: 'Site', mariadb })
            await mariadb.query(FILL, site.database.name)
            // as on a server: one that looks at no host name
            const config = join(site.root, 'wp-config.php')
            writeFileSync(config, readFileSync(config, 'utf8').replace(/^if \(isset\(\$_SERVER.*?^}\n/ms, ''))
            claim(site.folder, host)
            sites.push(site)
          }
          return { stage, sites, host: host.name }
        }
        tell(`duplicity ${version}, encryption ${encryption}: ${2 * SITES} sites are made, and their first backups`)
        const [plain, ours] = [await make('plain'), await make('holdfast')]
        const sides = { plain: plainSide(plain, mariadb.socket, encryption, env), holdfast: ourSide(ours, env) }
        for (const side of [sides.plain, sides.holdfast]) for (let night = 0; night < 2; night++) side.night()
        for (const what of ['unchanged', '1 % changed']) {
          const seconds = { plain: [] as number[], holdfast: [] as number[] }
          for (let pair = 0; pair < PAIRS; pair++) {
            tell(`${what}, pair ${pair + 1}`)
            const order = pair % 2 === 0 ? (['plain', 'holdfast'] as const) : (['holdfast', 'plain'] as const)
            for (const name of order) {
              if (what !== 'unchanged') for (const site of sides[name].sites) await change(site, mariadb)
              seconds[name].push(sides[name].night())
            }
          }
          const [one, other] = [median(seconds.plain), median(seconds.holdfast)]
          yield [`${what}, duplicity ${version}, ${encryption}`, one.toFixed(2), other.toFixed(2), (other / one).toFixed(2)]
        }
      }
  },
}
export default nights

const encryptionOf = (kind: string): object => (kind === 'none' ? { kind } : { kind, secret: 'PP', generated: true })

const FILL = `INSERT INTO wp_posts (post_title, post_content, post_excerpt, to_ping, pinged, post_content_filtered)
  SELECT CONCAT('Post ', seq), REPEAT(MD5(seq), 40), '', '', '', '' FROM seq_1_to_${POSTS}`

/** One file in a hundred, and one row. */
async function change({ root, database }: WordPressSite, mariadb: { query: (sql: string, database: string) => Promise<string> }) {
  const files = globSync('**/*.php', { cwd: root }).filter((_, index) => index % 100 === 7)
  for (const file of files) appendFileSync(join(root, file), `\n// ${randomBytes(20).toString('hex')}\n`)
  await mariadb.query('UPDATE wp_posts SET post_content = REPEAT(MD5(RAND()), 40) WHERE ID % 100 = 7', database.name)
}

function plainSide(
  { stage, sites }: { stage: Stage; sites: readonly WordPressSite[] },
  socket: string,
  encryption: string,
  env: NodeJS.ProcessEnv,
): Side {
  const here = stage.folder
  mkdirSync(join(here, 'nas'), { recursive: true })
  writeFileSync(join(here, 'sites'), sites.map(({ folder, database }) => `${folder} ${database.name}\n`).join(''))
  const options = encryption === 'none' ? '--no-encryption' : ''
  const own = { SOCKET: socket, HERE: here, OPTIONS: options, PASSPHRASE }
  return { sites, night: () => timed('bash', ['-c', PLAIN], { ...env, ...own }) }
}

function ourSide(
  { stage, sites, host }: { stage: Stage; sites: readonly WordPressSite[]; host: string },
  env: NodeJS.ProcessEnv,
): Side {
  const place = { folder: ROOT, words: ['--host', host, '--inventory', join(stage.folder, 'hosts')] }
  const [program = '', ...words] = taskWords('nightly', { commandPlace: place })
  return { sites, night: () => timed(program, words, env) }
}

function timed(program: string, words: readonly string[], env: NodeJS.ProcessEnv): number {
  const begun = performance.now()
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: ROOT, env, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stdout}\n${stderr}`)
  return (performance.now() - begun) / 1000
}
