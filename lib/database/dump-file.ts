import { createReadStream, readFileSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'

/** How the last line of a finished dump begins (mariadb-dump and mysqldump alike). */
const COMPLETION = /\n-- Dump completed[^\n]*\n$/
/** Whether a line is that. */
export const isCompletion = (line: Buffer | undefined): boolean =>
  line !== undefined && COMPLETION.test(`\n${line.toString('latin1', 0, 200)}`)

/** How a dump of Holdfast's ends. */
export const COMPLETION_LINE = '-- Dump completed\n'

/**
 * MariaDB's dumps of 2024 and later begin with a line that switches clients into a sandbox; older clients stumble over
 * it.
 */
export const SANDBOX_LINE = /^\/\*M?!999999\\- enable the sandbox mode \*\/\s*(?:\n|$)/

/** Whether a line of a dump is that. */
export const isSandboxLine = (line: Buffer): boolean => line[0] === 0x2f && SANDBOX_LINE.test(line.toString('latin1', 0, 60))

/** The database that a dump says it was made of; undefined where its first bytes do not say. */
export const databaseNamedIn = (head: Buffer): string | undefined =>
  /^-- Host: .* {4}Database: (.+)$/m.exec(head.toString('utf8'))?.[1]

/** Whether a dump file is there, holds something, and ends with its completion line. */
export async function isComplete(path: string): Promise<boolean> {
  await using file = await open(path)
  const { size } = await file.stat()
  const tail = Buffer.alloc(Math.min(size, 200))
  await file.read(tail, 0, tail.length, size - tail.length)
  return COMPLETION.test(tail.toString('latin1'))
}

/** Bytes that are read at once. */
const PIECE = 1 << 20

/** The bytes of files, one after the other. Small ones are read by this thread: a dump has dozens. */
export async function* bytesOf(paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths)
    if (statSync(path).size < PIECE) yield readFileSync(path)
    else yield* createReadStream(path, { highWaterMark: PIECE }) as AsyncIterable<Buffer>
}

/** Their lines, as {@link linesIn} gives them. */
export const linesOf = (paths: readonly string[]): AsyncGenerator<readonly Buffer[]> => linesIn(bytesOf(paths))

/**
 * Lines as bytes, many at a time, each with its newline; the last one without, when the bytes end so. A line is put
 * together once, however long it is.
 */
export async function* linesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly Buffer[]> {
  let begun: Buffer[] = []
  for await (const chunk of chunks) {
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

/** The bytes of lines that came one behind the other, in as few pieces as they are in memory: they can be millions. */
export function* piecesOf(lines: readonly Buffer[]): Generator<Buffer> {
  let first = 0
  for (const [index, line] of lines.entries()) {
    const [begin, next] = [lines[first]!, lines[index + 1]]
    const end = line.byteOffset + line.length
    if (next?.buffer === line.buffer && next.byteOffset === end) continue
    yield Buffer.from(line.buffer, begin.byteOffset, end - begin.byteOffset)
    first = index + 1
  }
}

/** Whether a line begins with a text. */
export const beginsWith = (line: Buffer, text: string): boolean =>
  line.length >= text.length && line.toString('latin1', 0, text.length) === text
