import fs from 'node:fs'
import { open } from 'node:fs/promises'
import { cannotWrite } from '../core/wording.ts'

/** Something else stands where a file or a folder was wanted: somebody put it there. */
export class WrongKind extends Error {
  readonly code = 'EKIND'
  readonly path: string
  readonly found: string

  constructor(path: string, found: string, wanted: string) {
    super(`${path} is ${found}, wanted ${wanted}`)
    this.path = path
    this.found = found
  }
}

function kindOf(stat: fs.Stats): string {
  if (stat.isFile()) return 'a file'
  if (stat.isDirectory()) return 'a folder'
  if (stat.isSymbolicLink()) return 'a link'
  if (stat.isFIFO()) return 'a pipe'
  return stat.isSocket() ? 'a socket' : 'a device'
}

/** Opens a path. @throws {WrongKind} when something else stands there, as far as the flags refuse that */
export function opening(path: string, name: string, wanted: 'a file' | 'a folder', flags: number): number {
  try {
    return fs.openSync(path, flags)
  } catch (error) {
    if (!['ELOOP', 'ENOTDIR', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    const found = kindAt(path)
    throw new WrongKind(name, found === undefined || found === wanted ? 'something else' : found, wanted)
  }
}

function kindAt(path: string): string | undefined {
  try {
    return kindOf(fs.lstatSync(path))
  } catch {
    return undefined
  }
}

/** A regular file held open: whatever its name leads to meanwhile, this is the one that was looked at. */
export class OpenedFile implements Disposable {
  readonly descriptor: number
  /** What people call it. */
  readonly name: string
  readonly stat: fs.Stats

  private constructor(descriptor: number, name: string, stat: fs.Stats) {
    this.descriptor = descriptor
    this.name = name
    this.stat = stat
  }

  /** Takes an open descriptor, which it closes. @throws {WrongKind} when it is not that of a regular file */
  static of(descriptor: number, name: string): OpenedFile {
    const stat = fs.fstatSync(descriptor)
    if (stat.isFile()) return new OpenedFile(descriptor, name, stat)
    fs.closeSync(descriptor)
    throw new WrongKind(name, kindOf(stat), 'a file')
  }

  /** Opens a file that an administrator names, perhaps by a link; no pipe is waited for. @throws for anything else */
  static openNamed(path: string): OpenedFile {
    return OpenedFile.of(fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK), path)
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.descriptor)
  }

  /** Leads to this very file while it is open, for this process and its commands. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.descriptor}`
  }

  head(limit: number): Buffer {
    return this.part(0, limit)
  }

  /** Its bytes from there on, so many at most. */
  part(from: number, limit: number): Buffer {
    const buffer = Buffer.alloc(Math.max(0, Math.min(limit, this.stat.size + 1 - from)))
    let length = 0
    for (let count = -1; count !== 0 && length < buffer.length; length += count) count = this.#read(buffer, length, from)
    return buffer.subarray(0, length)
  }

  /** The kernel's error of a descriptor names no file. */
  #read(buffer: Buffer, at: number, from: number): number {
    try {
      return fs.readSync(this.descriptor, buffer, at, buffer.length - at, from + at)
    } catch (error) {
      if (error instanceof Error) error.message = `${this.name}: ${error.message}`
      throw error
    }
  }

  /** All of its text. @throws when it is longer than so many bytes */
  text(limit: number): string {
    const bytes = this.head(limit + 1)
    if (bytes.length > limit) throw new Error(`${this.name} has more than ${limit} bytes: it is not read`)
    return bytes.toString('utf8')
  }

  /** Writes into a file that was just made, down to the disk. */
  write(text: string | Buffer): void {
    fs.writeFileSync(this.descriptor, text)
    fs.fsyncSync(this.descriptor)
  }

  /** What was written is on the disk. */
  sync(): void {
    fs.fsyncSync(this.descriptor)
  }

  append(bytes: Buffer): void {
    try {
      fs.writeFileSync(this.descriptor, bytes)
    } catch (error) {
      throw cannotWrite(this.name, error)
    }
  }

  setMode(mode: number): void {
    fs.fchmodSync(this.descriptor, mode)
  }

  setOwner(uid: number, gid: number): void {
    fs.fchownSync(this.descriptor, uid, gid)
  }

  setTimes(accessed: Date, modified: Date): void {
    fs.futimesSync(this.descriptor, accessed, modified)
  }
}

/** Bytes of a file that is read at once. */
const SMALL = 1 << 20

export async function sameBytes(one: string, other: string): Promise<boolean> {
  const { size } = fs.statSync(one)
  if (size !== fs.statSync(other).size) return false
  if (size <= SMALL) return fs.readFileSync(one).equals(fs.readFileSync(other))
  await using files = new AsyncDisposableStack()
  const [a, b] = [files.use(await open(one)), files.use(await open(other))]
  const options = { highWaterMark: 1 << 20, autoClose: false } as const
  const others: AsyncIterator<Buffer> = b.createReadStream(options)[Symbol.asyncIterator]()
  for await (const bytes of a.createReadStream(options)) if (!(await others.next()).value?.equals(bytes)) return false
  return true
}
