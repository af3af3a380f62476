/**
 * One message of duplicity's log for machines (`--log-fd`, `--log-file`; log.py): a keyword, a code, words after it,
 * and text.
 */
export interface Stanza {
  readonly keyword: string
  readonly code: number
  /** What follows the code on its line. */
  readonly words: readonly string[]
  /** Its lines, without the `. ` in front. */
  readonly text: string
}

/** Reads a log file. Stanzas are parted by empty lines; one that was cut short by a kill is read as far as it goes. */
export function parseLog(text: string): Stanza[] {
  return text
    .split(/\n\n+/)
    .map(parseStanza)
    .filter(stanza => stanza !== undefined)
}

function parseStanza(block: string): Stanza | undefined {
  const [head = '', ...lines] = block.split('\n')
  const match = /^([A-Z]+) (\d+)(?: (.*))?$/.exec(head)
  if (!match) return undefined
  const text = lines.map(line => line.replace(/^\. ?/, '')).join('\n')
  return { keyword: match[1]!, code: Number(match[2]), words: match[3]?.split(' ') ?? [], text: text.trim() }
}
