import { extensionIn, isExtension, padded, TAR_BLOCK, type TarMember, tarHeader } from './tar.ts'

/** Reads some bytes into a buffer. Gives how many; 0 at the end. */
export type Fill = (into: Buffer) => number

const WINDOW = 256 * 1024
/** Bytes of a name or a link, with what else stands beside it. */
const MOST_OF_EXTENSION = 64 * 1024

/**
 * Reads tar files from a stream in constant memory: content is only there until the next call. Several files come one
 * behind the other, each with a separator behind it. Between the end of one and its separator anything may come:
 * duplicity fills encrypted volumes up, and ends others without a mark.
 */
export class TarReader {
  readonly #fill: Fill
  readonly #separator: Buffer | undefined
  readonly #window = Buffer.allocUnsafe(WINDOW)
  #from = 0
  #to = 0
  /** Bytes of the member that are still to come, and those that only fill its last block. */
  #left = 0
  #padding = 0

  constructor(fill: Fill, separator?: string) {
    this.#fill = fill
    this.#separator = separator === undefined ? undefined : Buffer.from(separator)
  }

  /** The next member, past what is left of the one before; undefined at the end. @throws when it is none, or cut off */
  next(): TarMember | undefined {
    let more: Partial<TarMember> = {}
    for (;;) {
      while (this.some().length > 0);
      this.#exactly(this.#padding)
      this.#padding = 0
      if (this.#passSeparator()) continue
      if (!this.#holds(1)) return undefined
      const block = this.#exactly(TAR_BLOCK)
      if (block.every(byte => byte === 0)) {
        if (!this.#skipToNext()) return undefined
        continue
      }
      const header = tarHeader(block)
      if (header === undefined) throw new Error('it is no tar file')
      const member = { ...header, ...more }
      this.#left = isExtension(header) ? 0 : member.size
      this.#padding = padded(header.size) - header.size
      if (!isExtension(header)) return member
      if (header.size > MOST_OF_EXTENSION) throw new Error(`a name of ${header.size} bytes is none`)
      more = { ...more, ...extensionIn(header, this.#exactly(header.size)) }
    }
  }

  /** The next bytes of the member's content; none at its end. */
  some(most = WINDOW): Buffer {
    if (this.#left === 0) return this.#window.subarray(0, 0)
    if (!this.#holds(1)) throw new Error('it ends too early')
    const length = Math.min(most, this.#left, this.#to - this.#from)
    this.#left -= length
    return this.#cut(length)
  }

  /** So many bytes of the member's content. @throws when there are fewer */
  take(length: number): Buffer {
    if (length > this.#left) throw new Error(`its content ends ${length - this.#left} bytes too early`)
    this.#left -= length
    return this.#exactly(length)
  }

  get left(): number {
    return this.#left
  }

  #passSeparator(): boolean {
    const separator = this.#separator
    if (separator === undefined || !this.#holds(separator.length)) return false
    const isHere = separator.equals(this.#window.subarray(this.#from, this.#from + separator.length))
    if (isHere) this.#from += separator.length
    return isHere
  }

  /** Goes on behind the next separator. Gives whether there is one. */
  #skipToNext(): boolean {
    const separator = this.#separator
    if (separator === undefined) return false
    while (this.#holds(separator.length)) {
      const found = this.#window.subarray(this.#from, this.#to).indexOf(separator)
      if (found >= 0) {
        this.#from += found + separator.length
        return true
      }
      this.#from = this.#to - separator.length + 1
    }
    return false
  }

  #exactly(length: number): Buffer {
    if (!this.#holds(length)) throw new Error('it ends too early')
    return this.#cut(length)
  }

  #cut(length: number): Buffer {
    this.#from += length
    return this.#window.subarray(this.#from - length, this.#from)
  }

  /** Whether so many bytes are in the window, read as far as they are missing. */
  #holds(length: number): boolean {
    if (this.#to - this.#from >= length) return true
    this.#window.copyWithin(0, this.#from, this.#to)
    ;[this.#from, this.#to] = [0, this.#to - this.#from]
    while (this.#to < length) {
      const bytes = this.#fill(this.#window.subarray(this.#to))
      if (bytes === 0) return false
      this.#to += bytes
    }
    return true
  }
}
