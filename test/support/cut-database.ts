import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DUMP } from '../../lib/host/companion.ts'
import type { Mariadb } from '../../lib/sandbox/mariadb.ts'
import { dumpTextIn } from './dump-text.ts'
import { tinyWordpress } from './tiny-wordpress.ts'

const DATABASE = 'cut_off'
/** Of 2 kB each in a dump, which so has several volumes of 1 MB. */
const ROWS = 3000

/** A site's database, each of whose states is told from all others by every row, so that a dump that is a mixture of two shows. */
export class CutDatabase {
  readonly #server: Mariadb
  #state = 0

  private constructor(server: Mariadb) {
    this.#server = server
  }

  /** Makes it, with the site `blog` that it belongs to. */
  static async make(vhosts: string, server: Mariadb): Promise<CutDatabase> {
    await server.query(`DROP DATABASE IF EXISTS ${DATABASE}; DROP USER IF EXISTS ${DATABASE}@localhost`)
    await tinyWordpress(vhosts, 'blog', DATABASE, server)
    const made = new CutDatabase(server)
    await server.query(`DELETE FROM wp_posts; INSERT INTO wp_posts (title, body) SELECT '', '' FROM seq_1_to_${ROWS}`, DATABASE)
    await made.change()
    return made
  }

  get socket(): string {
    return this.#server.socket
  }

  /** Gives it another state. */
  async change(): Promise<void> {
    this.#state++
    const first = (this.#state * 97) % ROWS
    await this.#server.query(
      `UPDATE wp_posts SET title = 'state ${this.#state}', body = IF(id > ${first}, RANDOM_BYTES(1000), body)`,
      DATABASE,
    )
  }

  /** The dump in a site's folder, for comparing: of one state, or it is wrong; undefined where there is none yet. */
  dumpIn(site: string): string | undefined {
    const path = join(site, '.holdfast', DUMP)
    if (!existsSync(path)) return undefined
    const dump = dumpTextIn(site)
    const states = new Set(dump.match(/'state \d+'/g))
    assert.equal(states.size, 1, `${path} is of the states ${[...states].join()}`)
    return `${[...states]} ${createHash('sha1').update(dump).digest('hex')}`
  }
}
