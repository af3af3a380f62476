import { type FileDiff, renamesIn } from './site-state.ts'

/**
 * Which of the changed and renamed files are looked at, to see whether they are still what their names say: a spread
 * few.
 */
export function textsToLookAt(diff: FileDiff): readonly string[] {
  const isText = (path: string): boolean => /\.(php|html?|css|js|txt|xml|svg|json|md|csv|sql|ini|yml)$/i.test(path)
  const renamed = renamesIn(diff).paths.filter(path => isText(path.replace(/\.[^.]+$/, '')))
  const all = [...diff.changed.filter(isText), ...renamed]
  const step = Math.max(1, Math.floor(all.length / 40))
  return all.filter((_, at) => at % step === 0).slice(0, 40)
}

/**
 * Whether what a file named as a text begins with is none: bytes that are no UTF-8, and none of them oftener than
 * others.
 */
export function isNoise(bytes: Uint8Array): boolean {
  if (bytes.length < 256) return false
  const counts = new Map<number, number>()
  for (const byte of bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1)
  const entropy = -[...counts.values()].reduce((sum, n) => sum + (n / bytes.length) * Math.log2(n / bytes.length), 0)
  const text = new TextDecoder().decode(bytes)
  const strange = [...text].filter(sign => sign === '\ufffd' || (sign < ' ' && !'\t\r\n\f'.includes(sign))).length
  // of few bytes no more than their number can be told apart
  return strange * 10 > text.length && entropy > (bytes.length < 1024 ? 6.9 : 7.4)
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
