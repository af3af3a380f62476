import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { treeSizeOf } from '../../lib/site/contents.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { hearingShell } from '../support/shell.ts'

const folder = ownFolder('contents')
const host = hostIn(folder)
const log = join(folder, 'duplicity.log')
writeFileSync(log, '')

const table = (name: string, rows: number): string =>
  `CREATE TABLE \`${name}\` (\n  \`id\` int(11)\n) ENGINE=InnoDB;\n${`INSERT INTO \`${name}\` VALUES (1);\n`.repeat(rows)}`

/** A WordPress site with the dump of some posts. */
function siteWith(name: string, posts: number) {
  const site = siteOf(host, name, { wpConfig: join(host.vhosts, name, 'SITE/wp-config.php') })
  for (const path of ['SITE', '.holdfast']) mkdirSync(join(site.folder, path), { recursive: true })
  writeFileSync(join(site.folder, '.holdfast/database.sql'), table('wp_options', 1) + table('wp_posts', posts))
  return site
}

test('a memory of what a dump holds that is damaged, or of another site, costs reading it, and no more', async () => {
  const [blog, shop] = [siteWith('blog', 3), siteWith('shop', 5)]
  const look = async (site: typeof blog) => {
    const { shell, notes } = hearingShell()
    const { rows, dump } = await treeSizeOf(host, site, log, shell)
    return { rows, dump, notes: notes.filter(note => !note.includes('printed no statistics')) }
  }
  const [good] = [await look(blog), await look(shop)]
  assert.deepEqual(good.rows, { wp_options: 1, wp_posts: 3 })
  const memoryOf = (name: string): string => join(host.paths.state, 'dump-contents', `${name}.json`)
  const text = readFileSync(memoryOf('blog'), 'utf8')
  for (const [what, other, note] of [
    ['cut off', text.slice(0, text.length / 2), /it is no JSON object/],
    ['of another form', text.replace('"rows"', '"lines"'), /is damaged: .*rows/],
    ['of another site', readFileSync(memoryOf('shop'), 'utf8'), undefined],
  ] as const) {
    writeFileSync(memoryOf('blog'), other)
    const { notes, ...found } = await look(blog)
    assert.deepEqual({ ...found, notes: [] }, good, what)
    assert.equal(notes.length, note ? 1 : 0, notes.join())
    if (note) assert.match(notes[0]!, new RegExp(`^info: all of its dump is read anew: .*${note.source}`), what)
    assert.deepEqual(await look(blog), good, `${what}: it is remembered again`)
  }
})
