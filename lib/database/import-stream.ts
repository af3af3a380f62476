import { createReadStream, createWriteStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { withoutDefiner } from './definers.ts'
import { sandboxLineLength } from './dump-file.ts'

/** Lines longer than this cannot begin a definition; they are data and pass as they come. Bytes. */
const HEAD = 4096

/**
 * Writes a dump as it may be imported: without MariaDB's sandbox line, over which older clients stumble, and without definers. Bytes that are not
 * part of those stay what they are.
 * @param into a path; made anew, mode 600
 */
export async function writeImportable(dump: string, into: string): Promise<void> {
  const source = createReadStream(dump, { start: await sandboxLineLength(dump) })
  await pipeline(source, lineHeads(withoutDefiner), createWriteStream(into, { mode: 0o600 }))
}

/** Changes the first bytes of each line, taken as latin1 so that every byte survives. */
function lineHeads(change: (head: string) => string): Transform {
  let pending = ''
  let inHead = true
  const emit = (text: string, ended: boolean): string => {
    const out = inHead ? change(text) : text
    inHead = ended
    return out
  }
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const lines = (pending + chunk.toString('latin1')).split('\n')
      pending = lines.pop() ?? ''
      let out = lines.map(line => `${emit(line, true)}\n`).join('')
      if (!inHead || pending.length > HEAD) {
        out += emit(pending, false)
        pending = ''
      }
      done(null, Buffer.from(out, 'latin1'))
    },
    flush(done) {
      done(null, Buffer.from(emit(pending, true), 'latin1'))
    },
  })
}
