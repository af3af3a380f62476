import { DIRECTIVES, type Place, SECTIONS } from './apache-directives.ts'
import { type ApacheLine, readApache } from './apache-lines.ts'
import type { Objection, SiteRights } from './site-rights.ts'

/** A section that is open, with what has been seen in it. */
interface Open {
  readonly name: string
  readonly place: Place
  readonly line: number
  readonly seen: Set<string>
}

/** What keeps a site's configuration for Apache from being put in force unseen. None when all of it is on the list. */
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
      const what = directiveObjection(line, around.place, rights)
      if (what !== undefined) object(line.line, `${shown}: ${what}`)
    }
  }
  if (open.length > 1) object(open.at(-1)!.line, `the section <${open.at(-1)!.name}> has no end`)
  return objections.toSorted((a, b) => a.line - b.line)
}

const UNLISTED = 'it is not on the list of what is put in force unseen'

/** What is in `<IfModule>` is judged whether or not the module is there. */
function opened({ name, line }: ApacheLine, around: Open): Open {
  if (name === 'ifmodule') return { ...around, name, line }
  const { inside } = Object.hasOwn(SECTIONS, name) ? SECTIONS[name]! : { inside: around.place }
  return { name, place: inside, line, seen: new Set() }
}

function sectionObjection({ name, words }: ApacheLine, place: Place, rights: SiteRights): string | undefined {
  if (name === 'ifmodule')
    return words.length === 1 && /^!?[A-Za-z0-9_]+(?:\.c)?$/.test(words[0]!) ? undefined : 'wanted the name of a module'
  const section = Object.hasOwn(SECTIONS, name) ? SECTIONS[name] : undefined
  if (!section) return UNLISTED
  return section.in.includes(place) ? section.judge(words, rights) : 'it may not stand here'
}

function directiveObjection({ name, words }: ApacheLine, place: Place, rights: SiteRights): string | undefined {
  const rule = Object.hasOwn(DIRECTIVES, name) ? DIRECTIVES[name] : undefined
  if (!rule) return UNLISTED
  return rule.in.includes(place) ? rule.judge(words, rights) : 'it may not stand here'
}
