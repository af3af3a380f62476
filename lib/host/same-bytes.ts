import { type FileHandle, open } from 'node:fs/promises'

/** Bytes compared at once. */
const CHUNK = 1 << 20

/** Whether two files hold the same bytes. */
export async function sameBytes(one: string, other: string): Promise<boolean> {
  await using files = new AsyncDisposableStack()
  const [a, b] = [files.use(await open(one)), files.use(await open(other))]
  if ((await a.stat()).size !== (await b.stat()).size) return false
  const buffers = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)] as const
  for (let position = 0; ; ) {
    const count = await fill(a, buffers[0], position)
    await fill(b, buffers[1], position)
    if (buffers[0].compare(buffers[1], 0, count, 0, count) !== 0) return false
    if (count < CHUNK) return true
    position += count
  }
}

async function fill(file: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let count = 0
  while (count < buffer.length) {
    const { bytesRead } = await file.read(buffer, count, buffer.length - count, position + count)
    if (bytesRead === 0) break
    count += bytesRead
  }
  return count
}
