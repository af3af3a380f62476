/**
 * A name that a site may claim: plain, or for all names below one (`*.example.org`, nginx's `.example.org`). In small
 * letters, without ports.
 */
const CLAIM = /^(\*?\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/

export const isDomainName = (name: string): boolean => name.length <= 253 && CLAIM.test(name)

/**
 * Whether some request could be for both: a name that one site claims, and what another answers to.
 * @param claim a name by {@link isDomainName}
 * @param pattern as web servers write them: a name, with `*` or `?` anywhere, or nginx's `.example.org`
 */
export function overlaps(claim: string, pattern: string): boolean {
  const below = /^\*?\.(.*)$/.exec(claim)?.[1]
  if (below === undefined) return expressionOf(pattern).test(claim)
  const other = /^\*?\.([^*?]*)$/.exec(pattern)?.[1]
  if (other !== undefined) return other === below || other.endsWith(`.${below}`) || below.endsWith(`.${other}`)
  if (/[*?]/.test(pattern)) return true // nobody can tell
  return pattern.endsWith(`.${below}`) || (claim === `.${below}` && pattern === below)
}

function expressionOf(pattern: string): RegExp {
  const [optional, rest] = pattern.startsWith('.') ? ['(?:.*\\.)?', pattern.slice(1)] : ['', pattern]
  const text = rest.replace(
    /[^a-z0-9]/gi,
    char => ({ '*': '.*', '?': '.' })[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return new RegExp(`^${optional}${text}$`, 'i')
}
