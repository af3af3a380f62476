/**
 * Who writes to an archive under a host's name. A cloned machine has that name too, and all that the other remembers.
 * So the archive holds a random word for each host name, which each run replaces: of two machines of one name only the
 * one that was here last knows it.
 */
export interface WriterMemory {
  /** The machine that remembers it: the hash of its machine-id. */
  readonly machine: string
  /** The word that this machine left, and the one that it was about to leave when it was cut off. */
  readonly word: string
  readonly next?: string | undefined
  readonly former: readonly string[]
}

export interface WriterMark {
  readonly word: string
  /** Who left it, as the mark's text says. */
  readonly machine: string
}

/** Whether this machine may write under its name, and what a person should hear of it. */
export type WriterVerdict =
  | { readonly kind: 'first' | 'known' | 'state-lost' | 'archive-restored' }
  | { readonly kind: 'other-machine'; readonly reason: string }

/** How many former words are remembered: so far back may an archive be that was restored. */
export const FORMER_WORDS = 100

/** Judges by the mark in the archive for this name, and by what this machine remembers of that archive. */
export function judgeWriter(
  me: { readonly host: string; readonly machine: string },
  mark: WriterMark | undefined,
  memory: WriterMemory | undefined,
): WriterVerdict {
  const other = (reason: string): WriterVerdict => ({ kind: 'other-machine', reason })
  if (memory && memory.machine !== me.machine)
    return other(
      `what this machine (${shown(me.machine)}) remembers as ${me.host} was remembered by another (${shown(memory.machine)}): it is a copy of that`,
    )
  if (!mark) return { kind: 'first' }
  if (!memory)
    return mark.machine === me.machine
      ? { kind: 'state-lost' }
      : other(
          `the archive was last written as ${me.host} by another machine (${shown(mark.machine)}), and this one (${shown(me.machine)}) remembers no run`,
        )
  if (mark.word === memory.word || mark.word === memory.next) return { kind: 'known' }
  if (memory.former.includes(mark.word)) return { kind: 'archive-restored' }
  return other(
    `another machine (${shown(mark.machine)}) has written to the archive as ${me.host} since this one (${shown(me.machine)}) did`,
  )
}

const shown = (machine: string): string => machine.slice(0, 8)

export function remember(memory: WriterMemory | undefined, machine: string, word: string): WriterMemory {
  const former = memory ? [memory.word, ...memory.former] : []
  return { machine, word, former: former.slice(0, FORMER_WORDS) }
}
