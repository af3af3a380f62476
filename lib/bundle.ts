import { existsSync, readFileSync, statSync } from 'node:fs'
import { setPriority } from 'node:os'
import { dirname, extname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { makeFolder, removeUnfinished, writeWhole } from './host/whole-file.ts'
import { bundleOf, headOf, isOwn, ROOT, stampOf } from './start.ts'

/**
 * Makes the bundle of a task: `node lib/bundle.ts tasks/nightly.ts`. It is written whole or not at all; whoever runs
 * the former one has read it to its end.
 */

/** Packages that few runs need, and that are large or not only JavaScript: they are loaded from where they are. */
const APART = /^(echarts|@resvg\/resvg-js|nodemailer)(\/|$)/
/** Zod's messages in all languages, a third of its code. */
const LANGUAGES = /\/zod\/v4\/locales\/index\.js$/
/** Besides the files in a bundle, what decides which they are, and how it is made of them. */
const DECIDING = [
  'package.json',
  'package-lock.json',
  'node_modules',
  'node_modules/.package-lock.json',
  'lib/start.ts',
  'lib/bundle.ts',
]
/** Milliseconds in which a file system may give a second change the same time as the first. */
const TICK = 50

/** What is stamped before it is read: a change meanwhile makes the bundle stale. */
class Stamps {
  readonly all: Record<string, string> = {}

  take(path: string): void {
    const within = relative(ROOT, path)
    // a link that leads out could lead elsewhere later
    if (!/^(lib|tasks|node_modules)\/|^[\w.-]+$/.test(within)) throw new Error(`${path} is not of Holdfast`)
    const found = statSync(path, { bigint: true })
    if (BigInt(Date.now()) - found.ctimeMs < TICK) throw new Error(`${path} has only just changed`)
    this.all[within] = stampOf(found)
  }
}

/** What the code knows of its place is that of its sources. */
function withItsPlace(path: string): string {
  const place = { dirname: dirname(path), filename: path, url: pathToFileURL(path).href }
  return readFileSync(path, 'utf8')
    .replace(/\bimport\.meta\.(dirname|filename|url)\b/g, (_, name: keyof typeof place) => JSON.stringify(place[name]))
    .replace(/\bimport\.meta\.main\b/g, 'false')
    .replace(/^await main\(/m, 'main(') // CommonJS knows no await there, and nothing comes after it
}

const sources = (stamps: Stamps): Plugin => ({
  name: 'sources',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: APART }, ({ path }) => ({ path: fileURLToPath(import.meta.resolve(path)), external: true }))
    onLoad({ filter: /./ }, ({ path }) => {
      stamps.take(path)
      const [pack] = /^.*\/node_modules\/(@[^/]+\/)?[^/]+\//.exec(path) ?? []
      if (pack !== undefined) stamps.take(join(pack, 'package.json'))
      if (LANGUAGES.test(path)) return { contents: "export { default as en } from './en.js'", resolveDir: dirname(path) }
      return pack === undefined && extname(path) === '.ts' ? { contents: withItsPlace(path), loader: 'ts' } : undefined
    })
  },
})

async function make(task: string): Promise<void> {
  const bundle = bundleOf(task)
  if (bundle === undefined) throw new Error('NODE_COMPILE_CACHE names no folder')
  const folder = dirname(bundle)
  makeFolder(folder)
  if (!isOwn(folder)) throw new Error(`${folder} can be changed by others`)
  removeUnfinished(folder)
  const stamps = new Stamps()
  for (const path of DECIDING.map(name => join(ROOT, name)).filter(path => existsSync(path))) stamps.take(path)
  const { outputFiles } = await build({
    ...{ entryPoints: [task], absWorkingDir: ROOT, bundle: true, platform: 'node', format: 'cjs', target: 'node24' },
    ...{ write: false, outfile: bundle, sourcemap: 'linked', sourcesContent: false, logLevel: 'silent' },
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    banner: { js: '//' }, // the line of the head
    plugins: [sources(stamps)],
  })
  const [map = '', code = ''] = outputFiles.map(({ text }) => text)
  const body = code.slice(code.indexOf('\n') + 1)
  writeWhole(`${bundle}.map`, map)
  writeWhole(bundle, headOf({ node: process.version, bytes: Buffer.byteLength(body), files: stamps.all }) + body)
}

setPriority(19)
await make(resolve(process.argv[2] ?? ''))
await import('./replay/apply-set.ts') // it runs in a sandbox, which takes from Node's cache, and adds nothing
