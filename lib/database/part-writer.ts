import { readSync } from 'node:fs'
import type { OpenedFile } from '../host/opened-file.ts'
import type { OpenedFolder } from '../host/opened-folder.ts'

/** Bytes that are copied at once. */
const CHUNK = 1 << 20

/**
 * Writes a part of a dump, but only where it differs from the one that is there: as long as the bytes are the same,
 * they are compared, and nothing is written.
 */
export class PartWriter implements Disposable {
  readonly #name: string
  readonly #into: OpenedFolder
  readonly #former: OpenedFile | undefined
  #written: OpenedFile | undefined
  #size = 0
  /** Where what is there is read to. */
  #there = Buffer.alloc(0)

  /**
   * @param into where it is made, if it differs
   * @param former the one that is there; it is closed with this
   */
  constructor(name: string, into: OpenedFolder, former: OpenedFile | undefined) {
    this.#name = name
    this.#into = into
    this.#former = former
  }

  [Symbol.dispose](): void {
    this.#written?.[Symbol.dispose]()
    this.#former?.[Symbol.dispose]()
  }

  write(bytes: Buffer): void {
    if (!this.#written && !this.#isThere(bytes)) this.#begin()
    if (this.#written) this.#written.append(bytes)
    this.#size += bytes.length
  }

  /** Ends it, down to the disk: it may be kept for weeks. Gives its bytes. */
  finish(): number {
    // the one that is there may go on where this ends
    if (!this.#written && this.#former?.stat.size !== this.#size) this.#begin()
    this.#written?.sync()
    return this.#size
  }

  #isThere(bytes: Buffer): boolean {
    if (!this.#former) return false
    if (this.#there.length < bytes.length) this.#there = Buffer.allocUnsafeSlow(bytes.length)
    return readWhole(this.#former, this.#size, this.#there.subarray(0, bytes.length)).equals(bytes)
  }

  /** What was the same until here is copied. */
  #begin(): void {
    this.#written = this.#into.create(this.#name)
    for (let at = 0; at < this.#size; at += CHUNK)
      this.#written.append(readWhole(this.#former!, at, Buffer.allocUnsafe(Math.min(CHUNK, this.#size - at))))
  }
}

/** As many bytes as fit, or all that there are. */
function readWhole({ descriptor }: OpenedFile, from: number, into: Buffer): Buffer {
  let done = 0
  for (let count = -1; count !== 0 && done < into.length; done += count)
    count = readSync(descriptor, into, done, into.length - done, from + done)
  return into.subarray(0, done)
}
