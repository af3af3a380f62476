const SHIFTS = Uint8Array.of(3, 7, 11, 19, 3, 5, 9, 13, 3, 9, 11, 15)
/** Which word each step takes; the first 16 take them as they come. */
const ORDER = Uint8Array.from([
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  ...[0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
  ...[0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
])

const CHUNK = 64

/** MD4 (RFC 1320), by which librsync tells blocks apart: OpenSSL has it no more. It is no protection against people. */
export class Md4 {
  readonly #state = new Int32Array(4)
  readonly #words = new Int32Array(16)
  readonly #rest = Buffer.alloc(2 * CHUNK)
  #filled = 0
  #length = 0

  constructor() {
    this.#reset()
  }

  #reset(): void {
    this.#state.set([0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476])
    this.#filled = 0
    this.#length = 0
  }

  update(bytes: Buffer): void {
    let at = 0
    this.#length += bytes.length
    if (this.#filled > 0) {
      at = Math.min(CHUNK - this.#filled, bytes.length)
      bytes.copy(this.#rest, this.#filled, 0, at)
      this.#filled += at
      if (this.#filled < CHUNK) return
      this.#mix(this.#rest, 0)
    }
    for (; at + CHUNK <= bytes.length; at += CHUNK) this.#mix(bytes, at)
    this.#filled = bytes.copy(this.#rest, 0, at)
  }

  /** The hash of all until now, and begins anew. */
  digest(): Buffer {
    const size = this.#filled < CHUNK - 8 ? CHUNK : 2 * CHUNK
    this.#rest.fill(0, this.#filled, size)
    this.#rest[this.#filled] = 0x80
    this.#rest.writeBigUInt64LE(BigInt(this.#length) * 8n, size - 8)
    for (let at = 0; at < size; at += CHUNK) this.#mix(this.#rest, at)
    const hash = Buffer.alloc(16)
    for (let index = 0; index < 4; index++) hash.writeInt32LE(this.#state[index]!, 4 * index)
    this.#reset()
    return hash
  }

  #mix(bytes: Buffer, from: number): void {
    const words = this.#words
    for (let index = 0; index < 16; index++) {
      const at = from + 4 * index
      words[index] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    }
    let a = this.#state[0]!
    let b = this.#state[1]!
    let c = this.#state[2]!
    let d = this.#state[3]!
    for (let step = 0; step < 48; step++) {
      const chosen =
        step < 16 ? (b & c) | (~b & d) : step < 32 ? ((b & c) | (b & d) | (c & d)) + 0x5a827999 : (b ^ c ^ d) + 0x6ed9eba1
      const sum = (a + chosen + words[ORDER[step]!]!) | 0
      const shift = SHIFTS[(step >> 4) * 4 + (step & 3)]!
      a = d
      d = c
      c = b
      b = (sum << shift) | (sum >>> (32 - shift))
    }
    const state = this.#state
    state[0] = state[0]! + a
    state[1] = state[1]! + b
    state[2] = state[2]! + c
    state[3] = state[3]! + d
  }
}
