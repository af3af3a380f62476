/** What find(1) prints of each path in a tree; that of the tree itself is empty. */
export const LINE = '%y %m %U:%G %s %i %T@ %C@ %P//%l'

/**
 * What a tree consists of, as find(1) prints it: kinds, modes, owners, sizes, inodes, links, and times, of which nobody
 * can set that of an inode.
 */
export type TreeLines = readonly string[]

const OF_TREE = /^(\S+ \S+ \S+) \S+ (\S+ \S+) (\S+) \/\/$/
/** Whether a line can be that of the tree itself. */
const isOfTree = (line: string): boolean => line.endsWith(' //')

/** When the tree's own folder was last changed, in nanoseconds since the epoch. */
export function changedAt(lines: TreeLines): bigint | undefined {
  const time = lines.filter(isOfTree).flatMap(line => OF_TREE.exec(line)?.[3] ?? [])[0]
  return time === undefined ? undefined : BigInt(time.replace('.', '').slice(0, -1))
}

/**
 * The lines in an order, as they still are once the tree was put in another place, by which its inode gets a new time.
 */
export const whereverItIs = (lines: TreeLines): TreeLines =>
  lines.map(line => (isOfTree(line) ? line.replace(OF_TREE, '$1 $2') : line)).toSorted()

interface Listed {
  readonly kind: string
  readonly mode: string
  readonly owner: string
  readonly size: string
  readonly inode: string
  readonly changed: string
  readonly path: string
}

/** All but the tree itself. */
function* listedIn(lines: TreeLines): Generator<Listed> {
  for (const line of lines) {
    if (isOfTree(line) && OF_TREE.test(line)) continue
    const [kind = '', mode = '', owner = '', size = '', inode = '', , changed = '', ...rest] = line.split(' ')
    const name = rest.join(' ')
    yield { kind, mode, owner, size, inode, changed, path: name.slice(0, name.indexOf('//')) }
  }
}

/** Ends what is remembered of a folder. */
export const FOLDER = ' folder'

/** By path, what tells whether somebody changed it since; of a folder what no new file in it changes. */
export function fingerprintsIn(lines: TreeLines, except: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { kind, mode, owner, size, inode, changed, path } of listedIn(lines))
    if (path !== except && !path.startsWith(`${except}/`))
      found[path] = kind === 'd' ? `${mode} ${owner}${FOLDER}` : `${size} ${changed} ${inode}`
  return found
}

/** How much it is. */
export function amountIn(lines: TreeLines): { readonly files: number; readonly bytes: number } {
  let [files, bytes] = [0, 0]
  for (const { size } of listedIn(lines)) {
    files++
    bytes += Number(size)
  }
  return { files, bytes }
}

/** A device, or a file with more than its usual nine bits: few lines of a tree are one. */
const MAY_BE_DANGEROUS = /^([bc] |f \d{4})/

/** What could make somebody root or another user: devices, and files that run as their owner or group. */
export function dangersIn(lines: TreeLines): { readonly devices: readonly string[]; readonly programs: readonly string[] } {
  const all = [...listedIn(lines.filter(line => MAY_BE_DANGEROUS.test(line)))]
  const isProgram = ({ kind, mode }: Listed): boolean => kind === 'f' && (Number.parseInt(mode, 8) & 0o6000) !== 0
  return {
    devices: all.filter(({ kind }) => kind === 'b' || kind === 'c').map(({ path }) => path),
    programs: all.filter(isProgram).map(({ path }) => path),
  }
}
