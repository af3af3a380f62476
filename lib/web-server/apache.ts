import { DIRECTIVES, LOG_VARIABLE, type Place, SECTIONS } from './apache-directives.ts'
import { type Objection, ruleOf, type SiteRights, violationOf } from './site-rights.ts'

/** One line of an Apache configuration that says something: a directive, or the beginning or end of a section. */
interface ApacheLine {
  readonly line: number
  readonly kind: 'directive' | 'begin' | 'end'
  /** In small letters: Apache takes no notice of them. */
  readonly name: string
  readonly text: string
  readonly words: readonly string[]
}

/** Reads a configuration line by line. Lines that could be read in two ways are objections. */
export function readApache(text: string): { readonly lines: readonly ApacheLine[]; readonly objections: readonly Objection[] } {
  const lines: ApacheLine[] = []
  const objections: Objection[] = []
  text.split('\n').forEach((raw, index) => {
    const line = index + 1
    const found = lineOf(raw.trim(), line)
    if (typeof found === 'string') objections.push({ line, text: found })
    else if (found) lines.push(found)
  })
  return { lines, objections }
}

/** Undefined for a line that says nothing; a text for one that cannot be read surely. */
function lineOf(text: string, line: number): ApacheLine | string | undefined {
  // a comment too goes on in the next line, which then says nothing of what it seems to say
  if (text.endsWith('\\')) return 'it goes on in the next line'
  if (text === '' || text.startsWith('#')) return undefined
  const isSection = text.startsWith('<') && text.endsWith('>')
  const [, slash, name, rest = ''] = /^(\/?)([A-Za-z][A-Za-z0-9_]*)(?:\s+(.*))?$/.exec(isSection ? text.slice(1, -1) : text) ?? []
  if (name === undefined || (slash !== '' && !isSection)) return 'it cannot be read as a directive'
  const words = wordsOf(rest.trim())
  if (words === undefined) return 'its quotes or variables could mean more than they say'
  return { line, text, kind: !isSection ? 'directive' : slash === '' ? 'begin' : 'end', name: name.toLowerCase(), words }
}

/** Words as Apache parts them; undefined where quotes, escapes or variables are not plain. */
function wordsOf(text: string): string[] | undefined {
  const words: string[] = []
  const one = /\s*(?:"((?:[^"\\]|\\[^"\\])*)"|'((?:[^'\\]|\\[^'\\])*)'|([^\s"']+))(?=\s|$)/y
  while (one.lastIndex < text.length) {
    const match = one.exec(text)
    if (!match) return undefined
    words.push((match[1] ?? match[2] ?? match[3])!)
  }
  return words.some(word => word.replace(LOG_VARIABLE, '').includes('${')) ? undefined : words
}

/** A section that is open, with what has been seen in it. */
interface Open {
  readonly name: string
  readonly place: Place
  readonly line: number
  readonly seen: Set<string>
}

/** What in a site's configuration for Apache needs approval before it is put in force. */
export function apacheObjections(text: string, rights: SiteRights): readonly Objection[] {
  const { lines, objections: unread } = readApache(text)
  const objections = [...unread]
  const open: Open[] = [{ name: '', place: 'top', line: 1, seen: new Set() }]
  const object = (line: number, what: string): void => void objections.push({ line, text: what })
  for (const line of lines) {
    const around = open.at(-1)!
    const shown = line.text.slice(0, 80)
    if (line.kind === 'begin') {
      open.push(opened(line, around))
      const what = sectionObjection(line, around.place, rights)
      if (what !== undefined) object(line.line, `${shown}: ${what}`)
    } else if (line.kind === 'end') {
      if (open.length === 1 || around.name !== line.name || line.words.length > 0) {
        object(line.line, `${shown}: it ends no section`)
        break
      }
      open.pop()
      if (line.name === 'virtualhost' && !around.seen.has('servername')) object(around.line, 'the virtual host has no ServerName')
    } else {
      around.seen.add(line.name)
      const what = violationOf(ruleOf(DIRECTIVES, line.name), around.place, line.words, rights)
      if (what !== undefined) object(line.line, `${shown}: ${what}`)
    }
  }
  if (open.length > 1) object(open.at(-1)!.line, `the section <${open.at(-1)!.name}> has no end`)
  return objections.toSorted((a, b) => a.line - b.line)
}

/** What is in `<IfModule>` is judged whether or not the module is there. */
function opened({ name, line }: ApacheLine, around: Open): Open {
  if (name === 'ifmodule') return { ...around, name, line }
  return { name, place: ruleOf(SECTIONS, name)?.inside ?? around.place, line, seen: new Set() }
}

function sectionObjection({ name, words }: ApacheLine, place: Place, rights: SiteRights): string | undefined {
  if (name !== 'ifmodule') return violationOf(ruleOf(SECTIONS, name), place, words, rights)
  return words.length === 1 && /^!?[A-Za-z0-9_]+(?:\.c)?$/.test(words[0]!) ? undefined : 'wanted the name of a module'
}

/** Apache's modules by the directives that are theirs, as far as sites use them and not every Apache has them. */
const MODULES: Readonly<Record<string, string>> = {
  alias: 'alias',
  redirect: 'alias',
  redirectmatch: 'alias',
  scriptalias: 'alias',
  expiresactive: 'expires',
  expiresbytype: 'expires',
  expiresdefault: 'expires',
  header: 'headers',
  requestheader: 'headers',
  proxypass: 'proxy',
  proxypassmatch: 'proxy',
  rewritecond: 'rewrite',
  rewriteengine: 'rewrite',
  rewriterule: 'rewrite',
  setenvif: 'setenvif',
  sslengine: 'ssl',
}

/** The modules that a configuration needs, by their names in `mods-enabled`; not those it asks for first. */
export function modulesNeeded(text: string): string[] {
  const needed = new Set<string>()
  let asked = 0
  for (const { kind, name, words } of readApache(text).lines) {
    if (name === 'ifmodule') asked += kind === 'begin' ? 1 : -1
    else if (asked > 0) continue
    else if (name === 'sethandler' && words[0]?.startsWith('proxy:')) needed.add('proxy_fcgi')
    else if (name === 'protocols' && words.includes('h2')) needed.add('http2')
    else if (Object.hasOwn(MODULES, name)) needed.add(MODULES[name]!)
  }
  return [...needed].toSorted()
}
