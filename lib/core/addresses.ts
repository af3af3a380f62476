/** Addresses that only their own link knows. */
const LINK_LOCAL = /^(fe[89ab][0-9a-f]:|169\.254\.)/i
/** Addresses that no visitor from elsewhere reaches (RFC 1918, 4193, 6598, and the loopback). */
const PRIVATE =
  /^(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1$|f[cd][0-9a-f]{2}:)/i

export const isPrivate = (address: string): boolean => PRIVATE.test(address)

/**
 * Of the addresses of a host's interfaces those that visitors may know: the public ones or, where it has none, those of
 * its own network.
 */
export function publicFirst(addresses: readonly string[]): readonly string[] {
  const known = [...new Set(addresses.filter(address => !LINK_LOCAL.test(address)))]
  const outside = known.filter(address => !isPrivate(address))
  return outside.length > 0 ? outside : known
}
