import { formatAge } from '../core/age.ts'
import { formatBytes } from '../core/size.ts'

/** A moment in UTC, as the page says once, for people and for programs. */
export const moment = (iso: string): string => `<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`

/** Its day alone, for people. */
export const day = (iso: string): string => `<time datetime="${iso}">${iso.slice(0, 10)}</time>`

/** How long before `at` it was. */
export const age = (iso: string, at: string): string => formatAge(Date.parse(at) - Date.parse(iso))

/** A size, for people, with the exact bytes for programs. */
export const size = (bytes: number | null): string =>
  bytes === null ? '?' : `<data value="${bytes}">${formatBytes(bytes)}</data>`

/** Where a site's details are on the page. */
export const anchorOf = (name: string): string =>
  `site-${encodeURIComponent(name).replace(/[^A-Za-z0-9_-]/g, char => `_${char.charCodeAt(0)}`)}`
