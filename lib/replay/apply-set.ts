import { openSync, readFileSync, readSync } from 'node:fs'
import { messageOf } from '../core/wording.ts'
import { type Change, changeOf, PART } from '../duplicity/difftar.ts'
import { readDelta, SignatureCheck } from '../duplicity/rdiff.ts'
import { comparePaths, signatureName } from '../duplicity/signature-tar.ts'
import type { TarMember } from '../duplicity/tar.ts'
import { TarReader } from '../duplicity/tar-reader.ts'
import { type Entry, type Found, linesOf } from './entries.ts'
import { ChangedTree } from './live-file.ts'
import { localOwners, type OwnersOf } from './owners.ts'
import { type Replaced, takeOver } from './replaced-tree.ts'
import { shown } from './same-entry.ts'
import { Tree } from './tree.ts'

/** What one set changed in a tree. */
export interface Applied {
  /** Paths that were made, changed or deleted; bytes (latin1). */
  readonly paths: readonly string[]
  /** Bytes of the files that were written. */
  readonly bytes: number
  /** What the tree consists of now. */
  readonly found: ReadonlyMap<string, Found>
}

const KINDS: Readonly<Record<string, Entry['kind']>> = { 0: 'file', 2: 'link', 5: 'folder', 6: 'pipe' }

/**
 * Makes the tree of a set from that of the set before, in place. Volumes and signatures tell of the same paths in the
 * same order: each change is proven by its signature while it is made. The set may be a stranger's.
 * @throws at the first thing that is not as duplicity writes it: the tree is worth nothing then
 */
class SetApplication {
  readonly #tree: Tree
  readonly #volumes: TarReader
  readonly #signatures: TarReader
  readonly #owners: OwnersOf
  #last: string | undefined
  readonly #paths: string[] = []
  #bytes = 0

  constructor(tree: Tree, volumes: TarReader, signatures: TarReader, owners: OwnersOf) {
    this.#tree = tree
    this.#volumes = volumes
    this.#signatures = signatures
    this.#owners = owners
  }

  apply(): Applied {
    for (let member = this.#volumes.next(); member; member = this.#volumes.next()) {
      const change = changeOf(member.name)
      try {
        this.#change(member, change)
      } catch (error) {
        throw new Error(`${shown(change.path)}: ${messageOf(error)}`)
      }
    }
    const more = this.#signatures.next()
    if (more) throw new Error(`${shown(more.name)}: there are signatures of it, and no change`)
    return { paths: this.#paths, bytes: this.#bytes, found: this.#tree.finish() }
  }

  #change(member: TarMember, change: Change): void {
    const { kind, path } = change
    if (this.#last !== undefined && comparePaths(this.#last, path) >= 0) throw new Error('it is not in its order')
    this.#last = path
    this.#paths.push(path)
    const signature = this.#signatureOf(path)
    if (kind === 'deleted') {
      if (signature.kind !== 'deleted') throw new Error('it is deleted, and its signature is of something that is there')
      this.#tree.remove(path)
      return
    }
    const entry = this.#entryOf(member)
    assertSame(member, signature.member)
    if ((entry.kind === 'file') !== (signature.kind === 'signature')) throw new Error('its signature is of another kind')
    if (entry.kind === 'file') this.#bytes += this.#writeFile(member, change, entry, signature.member.size)
    else if (kind === 'diff' || change.part !== undefined || member.size > 0) throw new Error(`a ${entry.kind} has no content`)
    else if (entry.kind === 'folder') this.#tree.makeFolder(path, entry)
    else if (entry.kind === 'link') this.#tree.makeLink(path, entry)
    else this.#tree.makePipe(path, entry)
  }

  /** @throws when the next signature is not of this path */
  #signatureOf(path: string) {
    const member = this.#signatures.next()
    const name = member && signatureName(member.name)
    if (name?.path !== path || !member)
      throw new Error(`its signature is missing: ${member ? shown(member.name) : 'none'} is next`)
    return { kind: name.kind, member }
  }

  #entryOf(member: TarMember): Entry {
    const kind = KINDS[member.type]
    if (kind === undefined) throw new Error(`it is of a kind (${JSON.stringify(member.type)}) that is not known`)
    const { mode, modified, target } = member
    return { kind, mode, ...this.#owners(member), modified: Math.max(0, modified), size: 0, target }
  }

  #writeFile(member: TarMember, change: Change, entry: Entry, bytes: number): number {
    const content = new Content(this.#volumes, member, change)
    const check = new SignatureCheck(length => this.#signatures.take(length), bytes)
    return this.#tree.writeFile(change.path, entry, (write, former) => {
      const add = (piece: Buffer): void => {
        check.update(piece)
        write(piece)
      }
      if (change.kind === 'snapshot') for (let piece = content.some(); piece.length > 0; piece = content.some()) add(piece)
      else patch(content, former, add)
      if (content.some().length > 0) throw new Error('something follows its delta')
      check.end()
    })
  }
}

function patch(content: Content, former: number | undefined, add: (bytes: Buffer) => void): void {
  if (former === undefined) throw new Error('it was changed, and there is no such file')
  const buffer = Buffer.allocUnsafe(PART)
  readDelta(length => content.take(length), {
    literal: length => {
      for (let left = length; left > 0; ) {
        const piece = content.some(left)
        if (piece.length === 0) throw new Error('its delta ends too early')
        left -= piece.length
        add(piece)
      }
    },
    copy: (from, length) => {
      for (let done = 0; done < length; ) {
        const bytes = readSync(former, buffer, 0, Math.min(buffer.length, length - done), from + done)
        if (bytes === 0) throw new Error('its delta copies more than the former file has')
        add(buffer.subarray(0, bytes))
        done += bytes
      }
    },
  })
}

/** The content of a file, of which each part but the last is full. */
class Content {
  readonly #volumes: TarReader
  readonly #first: TarMember
  readonly #change: Change
  #part: number | undefined
  #size: number

  constructor(volumes: TarReader, first: TarMember, change: Change) {
    this.#volumes = volumes
    this.#first = first
    this.#change = change
    this.#part = change.part
    this.#size = first.size
    if (change.part !== undefined && change.part !== 1) throw new Error(`its first part is ${change.part}`)
  }

  /** The next bytes; none at the end. */
  some(most?: number): Buffer {
    while (this.#volumes.left === 0 && this.#part !== undefined && this.#size === PART) this.#nextPart()
    return this.#volumes.some(most)
  }

  take(length: number): Buffer {
    if (this.#volumes.left >= length) return this.#volumes.take(length)
    const pieces: Buffer[] = []
    for (let left = length; left > 0; ) {
      const piece = Buffer.from(this.some(left))
      if (piece.length === 0) throw new Error('its content ends too early')
      left -= piece.length
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  }

  #nextPart(): void {
    const member = this.#volumes.next()
    const { kind, path, part } = member ? changeOf(member.name) : {}
    const wanted = this.#part! + 1
    if (!member || kind !== this.#change.kind || path !== this.#change.path || part !== wanted)
      throw new Error(`its part ${wanted} is missing`)
    assertSame(this.#first, member)
    ;[this.#part, this.#size] = [wanted, member.size]
  }
}

/** @throws when two members tell of one path otherwise, besides their names and sizes */
function assertSame(one: TarMember, other: TarMember): void {
  const keys = ['type', 'mode', 'uid', 'gid', 'user', 'group', 'modified', 'target'] as const
  const key = keys.find(each => one[each] !== other[each])
  if (key) throw new Error(`its ${key} is ${one[key]} and ${other[key]}`)
}

/** The exit code that tells that it is not the set that is in doubt, but what it would be applied to. */
export const CHANGED = 9

const readFrom = (descriptor: () => number) => (into: Buffer) => readSync(descriptor(), into, 0, into.length, null)

/**
 * The program: `apply-set.ts TREE SIGNATURES SEPARATOR [LIVE DIGEST [REPLACED]]`. Its standard input are the volumes
 * of the set, unpacked, with a separator behind each. The tree, which is empty, or the one that the live one has
 * replaced, of which a file tells, becomes a copy of the live one first, which has this digest. It prints what it did,
 * and on the lines of find(1) what the tree consists of then.
 */
function main([path = '', signatures = '', separator = '', live, digest = '', about]: readonly string[]): void {
  try {
    let opened: number | undefined
    // they are there, and whole, once there is something to read of the set
    const open = (): number => (opened ??= openSync(signatures, 'r'))
    process.chdir(path)
    const replaced: Replaced | undefined = about === undefined ? undefined : JSON.parse(readFileSync(about, 'utf8'))
    const tree = new Tree(replaced && takeOver(replaced.digest))
    if (live !== undefined) tree.copy(live, digest, replaced?.changed)
    const application = new SetApplication(
      tree,
      new TarReader(
        readFrom(() => 0),
        separator,
      ),
      new TarReader(readFrom(open)),
      localOwners(),
    )
    const { found, ...applied } = application.apply()
    const said = JSON.stringify({ ...applied, entries: found.size })
    // nothing of what it holds need be taken apart once all is told
    process.stdout.write([said, ...linesOf(found), ''].join('\0'), () => process.exit())
  } catch (error) {
    process.stderr.write(messageOf(error))
    process.exitCode = error instanceof ChangedTree ? CHANGED : 1
  }
}

if (import.meta.main) main(process.argv.slice(2))
