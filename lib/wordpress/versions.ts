import type { FileList, WordPressVersions } from '../core/site-state.ts'
import { OpenedFolder } from '../host/opened-folder.ts'

/** What is read of a file that names a version, in bytes: WordPress itself reads no more. */
const HEAD = 8192
/** The most files that are opened: a site's own user decides how many there are. */
const MOST = 1500

const EXTENSION = /(?:^|\/)(?:wp-content|app|content)\/(plugins|themes)\/([^/]+)\/([^/]+\.php|style\.css)$/

/**
 * The versions of WordPress, its plugins and its themes, by their own files, as WordPress finds them. Undefined where
 * there is no WordPress among the files.
 * @param folder the site's, whose user may put anything in the place of anything: no link is followed
 */
export function versionsIn(folder: string, files: FileList): WordPressVersions | undefined {
  const cores = [...files.keys()].filter(path => /(^|\/)wp-includes\/version\.php$/.test(path)).slice(0, 20)
  if (cores.length === 0) return undefined
  using opened = OpenedFolder.open(folder)
  const core = cores.flatMap(path => /^\$wp_version\s*=\s*'([^']{1,40})'/m.exec(headOf(opened, path))?.[1] ?? [])
  const found = { plugins: {} as Record<string, string>, themes: {} as Record<string, string> }
  for (const [kind, name, path] of candidatesIn(files).slice(0, MOST)) {
    if (name in found[kind]) continue
    const version = versionIn(headOf(opened, path), kind)
    if (version !== undefined) found[kind][name] = version
  }
  return { core: [...new Set(core)].toSorted(), ...found }
}

type Candidate = readonly [kind: 'plugins' | 'themes', name: string, path: string]

/** The files that may be a plugin's or a theme's main one, the likeliest of each first. */
function candidatesIn(files: FileList): readonly Candidate[] {
  const found = [...files.keys()].flatMap((path): Candidate[] => {
    const [, kind, name, file] = EXTENSION.exec(path) ?? []
    const isCandidate = kind === 'plugins' ? file?.endsWith('.php') : file === 'style.css'
    return isCandidate ? [[kind as Candidate[0], name!, path]] : []
  })
  const isLikely = ([, name, path]: Candidate): boolean => path.endsWith(`/${name}/${name}.php`)
  return found.toSorted((a, b) => Number(isLikely(b)) - Number(isLikely(a)) || (a[2] < b[2] ? -1 : 1))
}

/** The version in a file's header; undefined where it is no main file. */
function versionIn(text: string, kind: Candidate[0]): string | undefined {
  const field = (name: string): string | undefined => new RegExp(`^[ \\t/*#@]*${name}:(.*)$`, 'im').exec(text)?.[1]
  if (field(kind === 'plugins' ? 'Plugin Name' : 'Theme Name') === undefined) return undefined
  return (
    field('Version')
      ?.replace(/\*\/.*|\?>.*/, '')
      .trim()
      .slice(0, 40) || 'without a version'
  )
}

function headOf(folder: OpenedFolder, path: string): string {
  const at = path.lastIndexOf('/')
  try {
    using within = folder.folder(path.slice(0, at))
    using file = within.file(path.slice(at + 1))
    return file.head(HEAD).toString('utf8').replaceAll('\r', '\n')
  } catch {
    return ''
  }
}
