import { createReadStream } from 'node:fs'

/**
 * The lines of a file as bytes, many at a time, each with its newline; the last one without, when the file ends so. A
 * line is put together once, however long it is.
 * @param start bytes to leave out at the beginning
 */
export async function* linesOf(path: string, start = 0): AsyncGenerator<readonly Buffer[]> {
  let begun: Buffer[] = []
  for await (const chunk of createReadStream(path, { start, highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    const lines: Buffer[] = []
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const rest = chunk.subarray(from, end + 1)
      lines.push(begun.length === 0 ? rest : Buffer.concat([...begun, rest]))
      begun = []
      from = end + 1
    }
    if (from < chunk.length) begun.push(chunk.subarray(from))
    yield lines
  }
  if (begun.length > 0) yield [Buffer.concat(begun)]
}

/** Whether a line begins with a text. */
export const beginsWith = (line: Buffer, text: string): boolean =>
  line.length >= text.length && line.toString('latin1', 0, text.length) === text
