/**
 * Whether a certificate is for at least one of these domains.
 * @param subjectAltName as node:crypto gives it: `DNS:example.org, DNS:*.example.org`
 * @param domains in small letters, without ports; `*.example.org` is one, and only that one
 */
export function coversAny(subjectAltName: string, domains: readonly string[]): boolean {
  const names = namesIn(subjectAltName)
  return domains.some(domain => names.some(name => name === domain || matchesWildcard(name, domain)))
}

/** Whether a certificate is for these domains only: what a site brings along must not speak for another's (S41). */
export function coversOnly(subjectAltName: string, domains: readonly string[]): boolean {
  const names = namesIn(subjectAltName)
  return names.length > 0 && names.every(name => domains.some(domain => domain === name || matchesWildcard(domain, name)))
}

/** The domain names that a certificate is for, in small letters. */
export const namesIn = (subjectAltName: string): string[] =>
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
