import { html, type Markup } from '../core/markup.ts'
import type { SiteMode } from '../core/site-mode.ts'

export interface ModePlan {
  readonly mode: Exclude<SiteMode, { kind: 'open' }>
  /** Folders of the site: each virtual host with its root in one of them is meant. */
  readonly roots: readonly string[]
  /** The file that PHP reads before each of the site's. */
  readonly guard: string
  /** The word by which Holdfast's own requests are known. */
  readonly key: string
  /** Apache's files that load modules, by their name; for those that may not be loaded yet. */
  readonly loaders: Readonly<Record<string, string>>
}

/** The first line of each file of ours, which tells what it is. */
export const modeLine = (mode: SiteMode): string => `# Holdfast puts this here and takes it away: ${JSON.stringify(mode)}`

/** What it tells; undefined for a file of anybody else's. */
export const saidMode = (text: string): string | undefined => /^# Holdfast puts [^{\n]*(\{.*\})$/m.exec(text.slice(0, 1000))?.[1]

/** Whose word on another host's certificate is taken: Debian's list. */
export const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt'

/** Seconds after which a visitor's program may ask again. */
export const RETRY_AFTER = 120

/** Scripts of WordPress that are there to write, log in or act: of a copy they answer nothing. */
export const NOT_ON_A_COPY = [
  'wp-(?:cron|login|comments-post|trackback|mail|signup|activate)[.]php',
  'xmlrpc[.]php',
  'wp-admin(?:/|$)(?:[^/]*/)*(?:[^/]+[.]php|$)',
].join('|')

/** Parameters by which a request that reads becomes one that writes, as a pattern. */
export const QUERIES_THAT_WRITE = '_method|doing_wp_cron|wc-ajax|wc-api'

/** What a visitor reads, in one line and without double quotes. */
export function modePage(mode: SiteMode): string {
  const [title, text] =
    mode.kind === 'copy'
      ? ['Read-only copy', html`This is a read-only copy. The main site is at ${link(new URL(mode.main).origin)}.`]
      : ['Back soon', 'This site is being moved to another server. Please try again in a few minutes.']
  return html`<!doctype html><meta charset=utf-8><title>${title}</title><h1>${title}</h1><p>${text}</p>`.text
}

const link = (url: string): Markup => html`<a href='${url}/'>${url}/</a>`
