/** What visitors get of a site on this host, whatever is in the site's folder. */
export type SiteMode =
  | { readonly kind: 'open' }
  /** Nothing but "503, try again soon"; nothing writes. */
  | { readonly kind: 'frozen' }
  /** Its pages to read, as a copy of the site at the URL `main`: what would write, or act on the world, does not. */
  | { readonly kind: 'copy'; readonly main: string }
  /** The same site on another host, at the address `to`: `https://192.0.2.7`, `http://web2.example:8080`. */
  | { readonly kind: 'forward'; readonly to: string }

export interface ModeChange {
  /** It is known to be in force: the site was asked over HTTP. */
  readonly guarded: boolean
  /** Why it is not, and how to do it by hand; or what of it is not as it should be although it is in force. */
  readonly why?: string
  /** It was seen that visitors get something else. */
  readonly isOpen?: boolean
}

/** The header that says which mode has answered. */
export const MODE_HEADER = 'x-holdfast'
/** The header by which Holdfast's own requests get the site itself, whatever its mode. */
export const KEY_HEADER = 'x-holdfast-key'
/** The header to which PHP answers with {@link GUARD_ANSWER} where the guard is in force. */
export const ASK_HEADER = 'x-holdfast-ask'
export const GUARD_ANSWER = 'guarded'

export function modeText(mode: SiteMode): string {
  if (mode.kind === 'copy') return `a read-only copy of ${mode.main}`
  return mode.kind === 'forward' ? `forwarded to ${mode.to}` : mode.kind
}
