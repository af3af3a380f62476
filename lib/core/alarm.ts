import { type BackupSet, type Collection, newestSet, setsOf } from './collection.ts'
import type { Finding } from './finding.ts'
import { pageSigns } from './page.ts'
import { printTime } from './restore-point.ts'
import { differenceOf, type FileDiff, type FileList, kindOf, renamesIn, type SiteState } from './site-state.ts'
import { listed } from './wording.ts'

/** A site before and after a night, as far as it is known. */
export interface Night {
  readonly before: SiteState & { readonly files: FileList | undefined }
  readonly after: SiteState & { readonly files: FileList | undefined }
  readonly isEmptied: boolean
  /** Of files that are programs by their names, below uploads and new or changed, those that would do anything. */
  readonly programs: readonly string[]
  /** Of some texts that changed, how many were looked at and how many are texts no more. */
  readonly texts: { readonly looked: number; readonly noise: number }
  readonly stopped: string | undefined
}

/** Of fewer files nearly all are soon others, and no sign of anything. */
const LEAST = 20
const NEARLY_ALL = 0.8

/** What only an accident or an attack does to a site in one night. One sign often has an innocent cause. */
export function alarmSigns({ before, after, isEmptied, programs, texts, stopped }: Night): readonly string[] {
  const diff = before.files && after.files && differenceOf(before.files, after.files)
  return [
    ...(diff ? lossSigns(before.files!, after.files!, diff) : []),
    ...(isEmptied ? ['SITE is empty'] : []),
    ...(programs.length > 0 ? [`programs among the uploads: ${listed(programs)}`] : []),
    ...(diff ? coreSigns(before, after, diff) : []),
    ...(texts.noise >= 3 && texts.noise * 2 >= texts.looked
      ? [`${texts.noise} of ${texts.looked} changed texts that were looked at are texts no more`]
      : []),
    ...settingsSigns(before, after),
    ...pageSigns(before.page, after.page),
    ...(stopped === undefined ? [] : [stopped]),
  ]
}

export const isAlarm = (signs: readonly string[]): boolean => signs.length >= 2

function lossSigns(before: FileList, after: FileList, diff: FileDiff): string[] {
  if (before.size < LEAST) return []
  // a release in a folder of its own, or one that is renamed, takes nothing away
  const elsewhere = new Set(diff.added.map(path => after.get(path)!.hash))
  const gone = diff.removed.filter(path => !elsewhere.has(before.get(path)!.hash))
  const share = (paths: readonly string[]): number => paths.length / before.size
  const renamed = renamesIn(diff)
  return [
    ...(share(gone) >= NEARLY_ALL ? [`nearly all files are gone: ${gone.length} of ${before.size}`] : []),
    ...(share(diff.changed) >= NEARLY_ALL ? [`nearly all files are rewritten: ${diff.changed.length} of ${before.size}`] : []),
    ...(after.size * 20 <= before.size ? ['nearly no files are left'] : []),
    ...(renamed.paths.length >= LEAST && renamed.paths.length * 2 >= diff.removed.length
      ? [`${renamed.paths.length} files are renamed to ${renamed.ending}`]
      : []),
  ]
}

const VERSION_FILE = /(^|\/)wp-includes\/version\.php$/

/** Where WordPress is in a list of files: paths with a slash at their ends. */
const coreRoots = (files: FileList): string[] =>
  [...files.keys()].filter(path => VERSION_FILE.test(path)).map(path => path.replace(/wp-includes\/version\.php$/, ''))

function coreSigns(before: Night['before'], after: Night['after'], { added, changed }: FileDiff): string[] {
  const [was, is] = [before.versions?.core, after.versions?.core]
  if (was === undefined || is === undefined || was.length === 0 || was.join() !== is.join()) return []
  const roots = coreRoots(after.files!)
  const inCore = (path: string): string | undefined => {
    const root = roots.find(each => path.startsWith(each))
    return root === undefined ? undefined : path.slice(root.length)
  }
  const isProgram = (path: string): boolean => kindOf(path) === 'PHP' || path.endsWith('.js')
  const isOfCore = (path: string): boolean => /^wp-(admin|includes)\//.test(path)
  const touched = [
    ...changed.filter(path => {
      const way = inCore(path)
      return way !== undefined && isProgram(way) && (isOfCore(way) || (!way.includes('/') && way !== 'wp-config.php'))
    }),
    ...added.filter(path => isProgram(path) && isOfCore(inCore(path) ?? '')),
  ]
  return touched.length === 0 ? [] : [`files of WordPress ${is.join(', ')} itself changed: ${listed(touched)}`]
}

function settingsSigns(before: SiteState, after: SiteState): string[] {
  const [was, is] = [before.settings, after.settings]
  if (!was || !is) return []
  const lost = (a: readonly string[], b: readonly string[]): string[] => a.filter(name => !b.includes(name))
  const administrators = lost(is.administrators, was.administrators)
  const [on, off] = [lost(is.activePlugins, was.activePlugins), lost(was.activePlugins, is.activePlugins)]
  return [
    ...(lost(was.siteUrls, is.siteUrls).length > 0
      ? [`its address was ${was.siteUrls.join(', ')}, is ${is.siteUrls.join(', ')}`]
      : []),
    ...(on.length + off.length > 0
      ? [`other plugins are active: ${listed([...on.map(name => `+ ${name}`), ...off.map(name => `− ${name}`)])}`]
      : []),
    ...(administrators.length > 0 ? [`new administrators: ${listed(administrators)}`] : []),
  ]
}

/** That the contents of a site are suspect, as its sets tell. Times of sets in ms. */
export interface Suspicion {
  readonly signs: readonly string[]
  /** The first suspect set, and the newest before it. */
  readonly since: number
  readonly good: number | undefined
}

/** What this host remembers of it, apart from the archive. Times of sets in ms. */
export interface SuspicionMemory {
  readonly suspect?: { readonly time: number; readonly signs: readonly string[] } | undefined
  /** Until when what was suspect has been looked at. */
  readonly cleared?: number | undefined
}

/** Whether the newest set is suspect and no person has looked since. The archive may have lost what marks its sets. */
export function suspicionOf(collection: Collection, { suspect, cleared = 0 }: SuspicionMemory): Suspicion | undefined {
  const sets = collection.chains.flatMap(setsOf)
  const isSuspect = (set: BackupSet): boolean => (set.suspect !== undefined || set.time === suspect?.time) && set.time > cleared
  const newest = newestSet(collection)
  const signs = newest?.suspect ?? suspect?.signs
  if (!newest || !signs || !isSuspect(newest)) return undefined
  const good = sets.findLastIndex(set => !isSuspect(set))
  return { signs, since: sets[good + 1]!.time, good: sets[good]?.time }
}

/** Its owner gets the command that clears it besides. */
export function suspicionFinding({ signs, since, good }: Suspicion, isOwner: boolean, toldAt = 0): Finding {
  const before = good === undefined ? 'there is none before it' : `the newest before is of ${printTime(good)}`
  const what = `since the backup of ${printTime(since)} its contents are suspect: ${signs.join('; ')}`
  return {
    level: isOwner ? 'attention' : 'remark',
    text: `${what}. It is backed up, nothing of it is pruned, ${before}`,
    isKnown: toldAt > since,
  }
}

/** A spread few of the changed and renamed texts, to see whether they are still texts. */
export function textsToLookAt(diff: FileDiff): readonly string[] {
  const isText = (path: string): boolean => /\.(php|html?|css|js|txt|xml|svg|json|md|csv|sql|ini|yml)$/i.test(path)
  const renamed = renamesIn(diff).paths.filter(path => isText(path.replace(/\.[^.]+$/, '')))
  const all = [...diff.changed.filter(isText), ...renamed]
  const step = Math.max(1, Math.floor(all.length / 40))
  return all.filter((_, at) => at % step === 0).slice(0, 40)
}

/** Whether the beginning of a text is none, but encrypted: no UTF-8, and all bytes equally frequent. */
export function isNoise(bytes: Uint8Array): boolean {
  if (bytes.length < 256) return false
  const counts = new Uint32Array(256)
  for (const byte of bytes) counts[byte]!++
  const shares = [...counts].filter(count => count > 0).map(count => count / bytes.length)
  const entropy = -shares.reduce((sum, share) => sum + share * Math.log2(share), 0)
  // of few bytes no more than their number can be told apart
  if (entropy <= (bytes.length < 1024 ? 6.9 : 7.4)) return false
  const text = new TextDecoder().decode(bytes)
  const strange = [...text].filter(sign => sign === '\ufffd' || (sign < ' ' && !'\t\r\n\f'.includes(sign))).length
  return strange * 10 > text.length
}

/** Files below uploads that a web server would run, or that make it run others. */
export const programsToLookAt = ({ added, changed }: FileDiff): readonly string[] =>
  [...added, ...changed].filter(
    path => /(^|\/)uploads\//.test(path) && /\.(php\d?|phtml|phar)$|(^|\/)(\.htaccess|\.user\.ini)$/i.test(path),
  )

const RUNS = [
  /^[ \t]*(?:AddHandler|SetHandler|AddType|ForceType)\s+\S*(?:php|proxy:)/im,
  /^[ \t]*php_(?:admin_)?value\s+auto_(?:pre|ap)pend_file/im,
  /^[ \t]*auto_(?:pre|ap)pend_file\s*=/im,
  /^[ \t]*php_(?:admin_)?flag\s+engine\s+(?:on|1)/im,
  /^[ \t]*Options\s[^\n]*(?<!-)\bExecCGI/im,
]

/** Whether such a file would do anything: plugins protect their folders by an `index.php` without a statement. */
export function isProgram(path: string, text: string): boolean {
  if (/\.phar$/i.test(path)) return true
  if (/(^|\/)\.(htaccess|user\.ini)$/i.test(path)) return RUNS.some(pattern => pattern.test(text))
  if (!text.includes('<?')) return false
  const left = text
    .replace(/\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$)/g, '')
    .replace(/(?:\/\/|#)[^\n]*?(?=\?>|\n|$)/g, '')
    .replace(/<\?(?:php|=)?|\?>/gi, '')
    .replace(/(?:defined\s*\(\s*['"]\w+['"]\s*\)\s*(?:\|\||or)\s*)?(?:exit|die)\s*(?:\(\s*(?:['"][^'"]*['"])?\s*\))?\s*;/gi, '')
  return left.trim() !== ''
}
