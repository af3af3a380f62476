import { Md4 } from './md4.ts'

/** Gives the bytes of a delta, exactly so many. @throws when there are fewer */
export type Take = (length: number) => Buffer

/** What a patched file is made of: new bytes, or bytes of the former file. */
export interface Patched {
  /** So many bytes of the delta follow, to be taken. */
  readonly literal: (length: number) => void
  readonly copy: (from: number, length: number) => void
}

/** `rs\x026`: a delta (librsync's prototab.h). */
const DELTA = 0x72730236

/** Bytes of the numbers that follow an operation, by the lowest two bits of its number. */
const WIDTHS = [1, 2, 4, 8] as const

/** Reads a delta of librsync (rdiff) to its end. @throws when it is none */
export function readDelta(take: Take, patched: Patched): void {
  if (take(4).readUInt32BE() !== DELTA) throw new Error('the delta begins with another magic number than that of librsync')
  const number = (width: number): number => {
    const bytes = take(width)
    if (width === 8) return Number(bytes.readBigUInt64BE())
    return bytes.readUIntBE(0, width)
  }
  for (;;) {
    const operation = take(1)[0]!
    if (operation === 0x00) return
    if (operation <= 0x40) patched.literal(operation)
    else if (operation <= 0x44) patched.literal(number(WIDTHS[operation - 0x41]!))
    else if (operation <= 0x54) {
      const from = number(WIDTHS[(operation - 0x45) >> 2]!)
      patched.copy(from, number(WIDTHS[(operation - 0x45) & 3]!))
    } else throw new Error(`the delta has an operation ${operation}, which librsync has not`)
  }
}

/** `rs\x016`: blocks are told apart by MD4, as both versions of duplicity have it (_librsyncmodule.c). */
const SIGNATURE = 0x72730136
const HEADER = 12
/** Of the sum that librsync can carry on from byte to byte. */
const WEAK = 4
/** Bytes of a hash that tell one block from another. */
const LEAST = 8

export class SignatureCheck {
  readonly #take: Take
  readonly #hash = new Md4()
  readonly #blockLength: number
  readonly #strong: number
  #blocks: number
  #inBlock = 0

  /** @param take the signature, of so many bytes @throws when it is of a kind that duplicity never writes */
  constructor(take: Take, bytes: number) {
    this.#take = take
    const header = bytes < HEADER ? undefined : take(HEADER)
    if (header?.readUInt32BE() !== SIGNATURE) throw new Error('its signature is of a kind that is not known')
    this.#blockLength = header.readUInt32BE(4)
    this.#strong = header.readUInt32BE(8)
    this.#blocks = (bytes - HEADER) / (WEAK + this.#strong)
    if (this.#strong < LEAST || this.#strong > 16 || this.#blockLength < 1 || !Number.isInteger(this.#blocks))
      throw new Error('its signature is damaged')
  }

  /** @throws when a block is another, or the file longer */
  update(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const to = Math.min(bytes.length, at + this.#blockLength - this.#inBlock)
      this.#hash.update(bytes.subarray(at, to))
      this.#inBlock += to - at
      at = to
      if (this.#inBlock === this.#blockLength) this.#compare()
    }
  }

  /** The file has ended. @throws when its last block is another, or the signature longer */
  end(): void {
    if (this.#inBlock > 0) this.#compare()
    if (this.#blocks > 0) throw new Error('it is shorter than its signature says')
  }

  #compare(): void {
    if (this.#blocks < 1) throw new Error('it is longer than its signature says')
    const wanted = this.#take(WEAK + this.#strong).subarray(WEAK)
    if (!this.#hash.digest().subarray(0, this.#strong).equals(wanted)) throw new Error('it is not what its signature says')
    this.#inBlock = 0
    this.#blocks--
  }
}
