import { apacheObjections } from './apache.ts'
import { nginxObjections } from './nginx.ts'
import type { Objection, SiteRights } from './site-rights.ts'
import type { WebServerKind } from './virtual-hosts.ts'

/** What is longer is no site's configuration: bytes, and characters a line. */
const LONGEST = 65_536
const LONGEST_LINE = 1000

/**
 * Why a site's configuration, which a stranger may have written, is not put in force before an administrator of this
 * host has approved it: everything in it that is not on the short list of names, document root, plain options and TLS
 * files of this very site. None when all of it is. What cannot be read surely is an objection: nothing is guessed.
 */
export function objectionsTo(kind: WebServerKind, text: string, rights: SiteRights): readonly Objection[] {
  if (text.length > LONGEST) return [{ line: 1, text: `it has ${text.length} characters, wanted ${LONGEST} at most` }]
  const lines = text.split('\n')
  const odd = lines.flatMap((each, index) => {
    const line = index + 1
    if (each.length > LONGEST_LINE) return [{ line, text: `it has ${each.length} characters, wanted ${LONGEST_LINE} at most` }]
    const [char] = /[^\t\x20-\x7e]/.exec(each) ?? []
    return char === undefined ? [] : [{ line, text: `it holds a character that is not plain: U+${codeOf(char)}` }]
  })
  if (odd.length > 0) return odd
  return kind === 'apache' ? apacheObjections(text, rights) : nginxObjections(text, rights)
}

const codeOf = (char: string): string => char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
