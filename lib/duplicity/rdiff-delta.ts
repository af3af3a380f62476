/** Gives the bytes of a delta, exactly so many. @throws when there are fewer */
export type Take = (length: number) => Buffer

/** What a patched file is made of: new bytes, or bytes of the former file. */
export interface Patched {
  /** So many bytes of the delta follow, to be taken. */
  readonly literal: (length: number) => void
  readonly copy: (from: number, length: number) => void
}

/** `rs\x026`: a delta (librsync's prototab.h). */
const MAGIC = 0x72730236

/** Bytes of the numbers that follow an operation, by the lowest two bits of its number. */
const WIDTHS = [1, 2, 4, 8] as const

/** Reads a delta of librsync (rdiff) to its end. @throws when it is none */
export function readDelta(take: Take, patched: Patched): void {
  if (take(4).readUInt32BE() !== MAGIC) throw new Error('the delta begins with another magic number than that of librsync')
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
