import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import {
  comparePaths,
  cutSignatures,
  type SignatureEntry,
  signatureEntries,
  TAR_END,
  unequalEntry,
} from '../../lib/duplicity/signature-tar.ts'
import { duplicity3 } from '../support/duplicity3.ts'
import { ownFolder } from '../support/host.ts'
import { snapshot } from '../support/snapshot.ts'

const latin1 = (text: string): string => Buffer.from(text).toString('latin1')
const BYTES = Buffer.from([0xff, 0xfe])
const LONG = `ö${'l'.repeat(180)}`

async function entriesIn(bytes: Buffer): Promise<SignatureEntry[]> {
  const entries: SignatureEntry[] = []
  for await (const each of signatureEntries(async (from, length) => bytes.subarray(from, from + length))) entries.push(each)
  return entries
}

for (const major of [0, 3] as const) {
  describe(`with duplicity ${major}`, () => {
    const folder = ownFolder(`signatures${major}`)
    const source = join(folder, 'source')
    const cache = join(folder, 'cache', 'x')
    let program = 'duplicity'
    const run = (...words: string[]): void => {
      const all = ['--no-encryption', '--name=x', `--archive-dir=${folder}/cache`, ...words]
      execFileSync(program, all, { stdio: ['ignore', 'ignore', 'inherit'] })
    }
    const backUp = (kind: string): void => {
      mkdirSync(join(folder, 'archive'), { recursive: true })
      execFileSync(
        program,
        [kind, '--no-encryption', '--name=x', `--archive-dir=${folder}/cache`, source, `file://${folder}/archive`],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      )
    }
    const signatures = (start: string): { name: string; bytes: Buffer } => {
      const name = execFileSync('ls', [cache], { encoding: 'utf8' })
        .split('\n')
        .filter(each => each.startsWith(start) && each.includes('sigtar'))
        .at(-1)!
      return { name: join(cache, name), bytes: gunzipSync(readFileSync(join(cache, name))) }
    }

    before(async () => {
      if (major === 3) program = join(await duplicity3(), 'duplicity')
      mkdirSync(join(source, 'a', LONG), { recursive: true })
      for (const [path, text] of [
        ['a/one', '1'],
        ['a.b', 'twenty'],
        [`a/${LONG}/${LONG}`, 'deep'],
        ['line\nfeed', 'x'],
        ['large', 'x'.repeat(2_000_000)],
      ])
        writeFileSync(join(source, path!), text!)
      writeFileSync(Buffer.concat([Buffer.from(`${source}/bytes`), BYTES]), 'b')
      symlinkSync('nowhere', join(source, 'link'))
      backUp('full')
    })

    test('signatureEntries() finds every path, in the order of the tree', async () => {
      const entries = await entriesIn(signatures('duplicity-full').bytes)
      const found = entries.map(({ kind, path }) => `${kind} ${path}`)
      const wanted = [
        'snapshot ',
        'snapshot a',
        'signature a/one',
        `snapshot a/${LONG}`,
        `signature a/${LONG}/${LONG}`,
        'signature a.b',
        'signature line\nfeed',
        'signature large',
        'snapshot link',
      ]
      assert.deepEqual(found.toSorted(), [...wanted.map(latin1), 'signature bytes\u00ff\u00fe'].toSorted())
      const paths = entries.map(({ path }) => path)
      assert.deepEqual(paths.toSorted(comparePaths), paths)
      assert.ok(entries.every(({ from, to }, index) => from === (entries[index - 1]?.to ?? 0) && to > from))
    })

    test('signatureEntries() of a file that a power cut tore gives those that are whole', async () => {
      const { bytes } = signatures('duplicity-full')
      const all = await entriesIn(bytes)
      for (let end = 0; end < all.at(-1)!.to; end += 307) {
        const wanted = all.filter(({ to }) => to <= end).length
        assert.equal((await entriesIn(bytes.subarray(0, end))).length, wanted)
        assert.equal((await entriesIn(Buffer.concat([bytes.subarray(0, end), Buffer.alloc(3000)]))).length >= wanted, true)
      }
    })

    test('duplicity sends a file whole for which it finds an unequalEntry(), and notes that it is gone where it is', async () => {
      const { name, bytes } = signatures('duplicity-full')
      const gone = `a/${LONG}/${LONG}`
      const entries = await entriesIn(bytes)
      const pieces = entries.map(({ path, from, to }) =>
        path === 'large' || path === latin1(gone) ? unequalEntry(path) : bytes.subarray(from, to),
      )
      const made = Buffer.concat([...pieces, TAR_END])
      assert.deepEqual(
        (await entriesIn(made)).map(({ path }) => path),
        entries.map(({ path }) => path),
      )
      writeFileSync(name, made)
      execFileSync('gzip', ['--force', '--suffix=.new', name])
      execFileSync('mv', [`${name}.new`, name])
      rmSync(join(source, gone))
      rmSync(Buffer.concat([Buffer.from(`${source}/bytes`), BYTES])) // snapshot() knows names as text only
      chmodSync(join(source, 'a/one'), 0o600)
      await new Promise(resolve => setTimeout(resolve, 1100)) // the next set has another time
      backUp('incremental')
      const news = (await entriesIn(signatures('duplicity-new').bytes)).map(({ kind, path }) => `${kind} ${path}`)
      for (const wanted of [`deleted ${latin1(gone)}`, 'signature large', 'signature a/one'])
        assert.ok(news.includes(wanted), `${wanted}: ${news}`)
      run('restore', `file://${folder}/archive`, join(folder, 'restored'))
      assert.deepEqual(snapshot(join(folder, 'restored')), snapshot(source))
    })
  })
}

const entry = (path: string, to: number, kind: SignatureEntry['kind'] = 'signature'): SignatureEntry => ({
  kind,
  path,
  from: to - 1,
  to,
  modifiedAt: 0,
  content: { from: 0, bytes: 0 },
})
const tree = [entry('', 1, 'snapshot'), entry('a', 2, 'snapshot'), entry('a/1', 3), entry('a/2', 4), entry('b', 5)]
/** [where the volumes end, what of the tree there is, bytes and whole files; undefined when torn] */
const cuts: [[string, boolean][], SignatureEntry[], [number, number] | undefined][] = [
  [[['a/1', false]], tree, [3, 1]],
  [[['a/1', true]], tree, [2, 0]],
  [
    [
      ['a/1', true],
      ['a/1', true],
    ],
    tree,
    [2, 0],
  ],
  [
    [
      ['a/1', true],
      ['a/2', true],
    ],
    tree,
    [3, 1],
  ],
  [[['b', false]], tree, [5, 3]],
  [[['b', false]], tree.slice(0, 4), undefined],
  [
    [
      ['a/1', true],
      ['a/2', true],
    ],
    tree.slice(0, 2),
    undefined,
  ],
  [[['a/1', true]], tree.slice(0, 2), [2, 0]],
]
for (const [ends, entries, wanted] of cuts) {
  test(`cutSignatures() of ${entries.length} entries up to ${JSON.stringify(ends)}`, async () => {
    const found = await cutSignatures(
      (async function* () {
        yield* entries
      })(),
      ends.map(([path, isCut]) => ({ path, isCut })),
    )
    assert.deepEqual(found && [found.bytes, found.wholeFiles], wanted)
  })
}
