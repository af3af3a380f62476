/** What tells one page from another, small enough to be kept each night. */
export interface PageSketch {
  readonly title: string
  /** The least hashes of its words, in order. */
  readonly words: readonly number[]
}

/** How many hashes are kept: enough to tell some of the words from none of them. */
const KEPT = 64

/** What is looked at of a page, in characters from its beginning. */
const MOST = 200_000

/** Of a page without its tags. Each pattern ends at the next tag: a page may have been made to keep one busy. */
export function sketchOf(html: string): PageSketch {
  const start = html.slice(0, MOST)
  const title = /<title[^<>]*>([^<]*)/i.exec(start)?.[1] ?? ''
  const text = start.replace(/<[^<>]*>/g, ' ')
  const words = new Set((text.toLowerCase().match(/[\p{L}\p{N}]{2,40}/gu) ?? []).map(hashOf))
  return { title: title.trim().replace(/\s+/g, ' ').slice(0, 200), words: [...words].sort((a, b) => a - b).slice(0, KEPT) }
}

/** FNV-1a, 32 bits. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5
  for (const unit of word) hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193) >>> 0
  return hash
}

/** Fewer words are soon others. */
const LEAST = 20

/**
 * What shows that a page was put in the place of another, a phrase each: news change daily, and neither title nor
 * menu.
 */
export function pageSigns(before: PageSketch | undefined, now: PageSketch | undefined): readonly string[] {
  if (!before || !now) return []
  const [was, is] = [before.title, now.title]
  return [
    ...(was !== '' && was !== is ? [`its front page was called "${was}", and is called "${is}"`] : []),
    ...(before.words.length >= LEAST && commonShare(before.words, now.words) < 0.02
      ? ['hardly a word of its front page is left']
      : []),
  ]
}

/** The share of words that two pages have in common, of all that either has, as the least hashes of both tell. */
function commonShare(a: readonly number[], b: readonly number[]): number {
  const least = [...new Set([...a, ...b])].sort((x, y) => x - y).slice(0, KEPT)
  return least.length === 0 ? 1 : least.filter(hash => a.includes(hash) && b.includes(hash)).length / least.length
}
