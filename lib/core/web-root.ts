import { isWithin } from './path.ts'

/** The folder of a site that the web shows, below the site's own. */
export const SITE = 'SITE'

/** What a name in a site's folder stands for. */
export type Kind = 'folder' | 'missing' | 'other' | { readonly link: string }

/** Where a site's `SITE` is: itself or, where it is a link within the site's folder, the folder that it leads to. */
export type WebRoot =
  | { readonly kind: 'folder'; readonly way: string }
  | { readonly kind: 'missing' }
  /** Why it is none that can be backed up. */
  | { readonly kind: 'refused'; readonly why: string }

/** Links that the kernel follows on one way (path_resolution(7)). */
const MOST_LINKS = 40

/**
 * Finds out where `SITE` leads, one name after the other. A release tool has it lead to `releases/2` beside it; what
 * lies out of the site's folder is in no backup of it.
 * @param live the site's folder as it is called when it is live: a link may name it whole
 * @param look what is at a path, from the site's folder on; never asked for one through a link
 */
export function findWebRoot(live: string, look: (way: string) => Kind): WebRoot {
  const parts = [SITE]
  const way: string[] = []
  let first: string | undefined
  for (let links = 0; parts.length > 0; ) {
    const part = parts.shift()!
    if (part === '' || part === '.') continue
    if (part === '..' && way.length === 0) return outside(first)
    if (part === '..') {
      way.pop()
      continue
    }
    const found = look([...way, part].join('/'))
    if (found === 'missing') return first === undefined ? { kind: 'missing' } : refused(`a link that leads nowhere (to ${first})`)
    if (found === 'folder') way.push(part)
    else if (found === 'other') return refused(first === undefined ? 'no folder' : `a link to what is no folder (to ${first})`)
    else {
      first ??= found.link
      if (++links > MOST_LINKS) return refused(`a loop of links (to ${first})`)
      if (found.link.startsWith('/') && !isWithin(found.link, live)) return outside(first)
      if (found.link.startsWith('/')) way.length = 0
      parts.unshift(...(found.link.startsWith('/') ? found.link.slice(live.length) : found.link).split('/'))
    }
  }
  return way.length === 0 ? refused(`a link to the site's own folder (to ${first})`) : { kind: 'folder', way: way.join('/') }
}

const refused = (what: string): WebRoot => ({ kind: 'refused', why: `${SITE} is ${what}` })
const outside = (link: string | undefined): WebRoot =>
  refused(
    `a link out of the site's folder (to ${link}), where nothing is backed up: move what it leads to into the site's folder`,
  )
