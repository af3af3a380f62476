/** What one virtual host of a web server's configuration serves. */
export interface VirtualHost {
  /** Names that it answers to, in small letters, without ports. */
  readonly domains: readonly string[]
  /** Other names that it answers to, as written: nginx's patterns and variables, Apache's `?`. */
  readonly patterns: readonly string[]
  /** Its document roots, as written. */
  readonly roots: readonly string[]
}

export type WebServerKind = 'apache' | 'nginx'

/** The virtual hosts of a file; directives outside any are one more. Includes and macros are not followed. */
export function virtualHosts(kind: WebServerKind, text: string): VirtualHost[] {
  const directives = kind === 'apache' ? apacheDirectives(text) : nginxDirectives(text)
  const blocks = Map.groupBy(directives, directive => directive.block)
  return [...blocks.values()].map(block => {
    const names = block.filter(({ name }) => NAMES.includes(name)).flatMap(({ values }) => values)
    return {
      domains: names.map(domainOf).filter(domain => domain !== ''),
      patterns: names.filter(name => domainOf(name) === '' && /[a-z0-9?$]/i.test(name)),
      roots: block.filter(({ name }) => ROOTS.includes(name)).flatMap(({ values }) => values.slice(0, 1)),
    }
  })
}

interface Directive {
  readonly block: number
  readonly name: string
  readonly values: readonly string[]
}

const NAMES = ['servername', 'serveralias', 'server_name']
const ROOTS = ['documentroot', 'root']

/** `http://Example.org:8080` is `example.org`; nginx's `_` and regular expressions are no domains. */
function domainOf(value: string): string {
  const domain = value
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/:\d+$/, '')
    .toLowerCase()
  return /^[a-z0-9*.-]+$/.test(domain) ? domain : ''
}

function apacheDirectives(text: string): Directive[] {
  let block = 0
  return text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .flatMap(line => {
      const trimmed = line.trim()
      if (/^<\/?VirtualHost\b/i.test(trimmed)) block += 1
      const match = /^([A-Za-z]+)\s+(.*)$/.exec(trimmed)
      return match ? [{ block, name: match[1]!.toLowerCase(), values: wordsOf(match[2]!) }] : []
    })
}

function nginxDirectives(text: string): Directive[] {
  let block = 0
  const statements = text.replace(/(^|\s)#.*$/gm, '').match(/[^;{}]+[;{}]?|[{}]/g) ?? []
  return statements.flatMap(statement => {
    const trimmed = statement.trim()
    if (/^server\s*\{$/.test(trimmed)) block += 1
    const match = /^([a-z_]+)\s+([^{]*);$/s.exec(trimmed)
    return match ? [{ block, name: match[1]!, values: wordsOf(match[2]!) }] : []
  })
}

const wordsOf = (text: string): string[] =>
  (text.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map(word => word.replace(/^(["'])(.*)\1$/, '$2'))
