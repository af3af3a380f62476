/** A name that a site may claim, in small letters: plain, or all names below one (`*.example.org`, `.example.org`). */
const CLAIM = /^(\*?\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/

export const isDomainName = (name: string): boolean => name.length <= 253 && CLAIM.test(name)

/**
 * Whether some request could be for both: a name that one site claims, and what another answers to.
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

/**
 * Whether a certificate is for at least one of these domains. @param domains in small letters
 * @param subjectAltName as node:crypto gives it: `DNS:example.org, DNS:*.example.org`
 */
export function coversAny(subjectAltName: string, domains: readonly string[]): boolean {
  const names = certificateNames(subjectAltName)
  return domains.some(domain => isAmong(names, domain))
}

export const isAmong = (certificateNames: readonly string[], domain: string): boolean =>
  certificateNames.some(name => name === domain || matchesWildcard(name, domain))

/** Whether a certificate is for these domains only: what a site brings along must not speak for another's (S41). */
export function coversOnly(subjectAltName: string, domains: readonly string[]): boolean {
  const names = certificateNames(subjectAltName)
  return names.length > 0 && names.every(name => domains.some(domain => domain === name || matchesWildcard(domain, name)))
}

export const certificateNames = (subjectAltName: string): string[] =>
  subjectAltName
    .split(', ')
    .filter(entry => entry.startsWith('DNS:'))
    .map(entry => entry.slice(4).toLowerCase())

/** A wildcard stands for exactly one label (RFC 6125, 6.4.3). */
function matchesWildcard(pattern: string, domain: string): boolean {
  return (
    pattern.startsWith('*.') &&
    !domain.startsWith('*') &&
    domain.slice(domain.indexOf('.')) === pattern.slice(1) &&
    domain.includes('.')
  )
}
