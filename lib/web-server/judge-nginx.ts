import { BLOCKS, DIRECTIVES, type Place } from './nginx-directives.ts'
import { type NginxStatement, readNginx } from './nginx-statements.ts'
import type { Objection, SiteRights } from './site-rights.ts'

const UNLISTED = 'it is not on the list of what is put in force unseen'

/** What keeps a site's configuration for nginx from being put in force unseen. None when all of it is on the list. */
export function nginxObjections(text: string, rights: SiteRights): readonly Objection[] {
  const { statements, objection } = readNginx(text)
  return objection ? [objection] : statements.flatMap(statement => statementObjections(statement, 'top', rights))
}

function statementObjections(statement: NginxStatement, place: Place, rights: SiteRights): Objection[] {
  const { line, words, block } = statement
  const [name = '', ...rest] = words
  const shown = `${words.join(' ').slice(0, 80)}${block ? ' {' : ''}`
  const rules = block ? BLOCKS : DIRECTIVES
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
  if (!rule) return [{ line, text: `${shown}: ${UNLISTED}` }]
  const what = rule.in.includes(place) ? rule.judge(rest, rights) : 'it may not stand here'
  const own = what === undefined ? [] : [{ line, text: `${shown}: ${what}` }]
  const inside = Object.hasOwn(BLOCKS, name) ? BLOCKS[name]!.inside : place
  const nameless = name === 'server' && !block?.some(({ words: [first] }) => first === 'server_name')
  return [
    ...own,
    ...(nameless ? [{ line, text: 'the server has no server_name' }] : []),
    ...(block ?? []).flatMap(each => statementObjections(each, inside, rights)),
  ]
}
