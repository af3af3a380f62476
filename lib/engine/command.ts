import { quote } from 'zx/core'
import { Secret } from '../core/secret.ts'
import { shellWord } from '../core/task-command.ts'

/** What may stand in a command: no `undefined`, and no {@link Secret}: all can see a command line (S40). */
export type Word = string | number | readonly Word[]

function flatten(word: Word): string[] {
  if ((word as unknown) instanceof Secret) throw new TypeError('a secret must never be a word of a command')
  if (typeof word === 'string') return [word]
  if (typeof word === 'number') return [String(word)]
  return word.flatMap(flatten)
}

/**
 * Makes the words of a command from a template: text between values is split at spaces; each value is one word, a list
 * of them several, whatever they contain. A value that touches text (`--name=${x}`) is part of that word.
 */
export function wordsOf(pieces: readonly string[], values: readonly Word[]): string[] {
  const words: string[] = []
  let glued = false
  const add = (text: string): void => {
    if (glued) words[words.length - 1] += text
    else words.push(text)
  }
  pieces.forEach((piece, index) => {
    const parts = piece.split(/\s+/)
    parts.forEach((part, at) => {
      if (at > 0) glued = false
      if (part === '') return
      add(part)
      glued = true
    })
    if (index >= values.length) return
    const value = flatten(values[index]!)
    const next = pieces[index + 1] ?? ''
    const touches = glued || (next === '' ? index + 1 < values.length : /^\S/.test(next))
    if (Array.isArray(values[index]) && touches && value.length !== 1) throw new TypeError('a list cannot be part of one word')
    for (const word of value) {
      add(word)
      glued = false
    }
    glued = value.length > 0
  })
  return words
}

/** What a sandbox (lib/host/sandbox.ts) is made of; the command in it comes after the `--` of the last of them. */
const SANDBOX = ['bwrap', 'setpriv', 'prlimit', 'stdbuf']

/** The command that is meant, without the sandbox that it runs in. */
export function unsandboxed(words: readonly string[]): readonly string[] {
  let meant = words[0] === 'unshare' && words.includes('bwrap') ? words.slice(words.indexOf('bwrap')) : words
  while (meant[0] !== undefined && SANDBOX.includes(meant[0]) && meant.includes('--'))
    meant = meant.slice(meant.indexOf('--') + 1)
  return meant
}

/**
 * The command on one line, as a person would type it into any shell like sh; into bash where a word holds a control
 * character. Of a sandbox, whose words are many and nearly always the same, only the name is shown.
 */
export function lineOf(words: readonly string[]): string {
  const isSandboxed = words.includes('bwrap') && unsandboxed(words) !== words
  return [...(isSandboxed ? ['bwrap … --'] : []), ...(isSandboxed ? unsandboxed(words) : words).map(quoted)].join(' ')
}

const quoted = (word: string): string => (/\p{Cc}/u.test(word) ? quote(word) : shellWord(word))
