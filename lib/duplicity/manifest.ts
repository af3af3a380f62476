export interface ManifestVolume {
  readonly number: number
  /** SHA1 of the volume as it is in the archive, in hex; undefined where the manifest gives another kind. */
  readonly sha1: string | undefined
}

/**
 * The volumes that a manifest lists (Manifest.to_string in manifest.py): `Volume 1:`, then indented lines, of which
 * `Hash SHA1 …` is one. Paths in it are quoted and so never begin such a line.
 * @throws when it lists no volume: no manifest of a finished set is like that
 */
export function parseManifest(text: string): readonly ManifestVolume[] {
  const volumes = text.split(/^(?=Volume \d+:$)/m).flatMap(part => volumeIn(part) ?? [])
  if (volumes.length === 0) throw new Error('it is no manifest: it lists no volume')
  // a backup that was cut short and resumed lists the volume that it wrote again a second time: the last one holds, as
  // for duplicity itself
  return [...new Map(volumes.map(volume => [volume.number, volume])).values()]
}

function volumeIn(part: string): ManifestVolume | undefined {
  const number = /^Volume (\d+):$/m.exec(part)?.[1]
  if (number === undefined) return undefined
  return { number: Number(number), sha1: /^ {4}Hash SHA1 ([0-9a-f]{40})$/im.exec(part)?.[1]?.toLowerCase() }
}

export interface VolumeEnd {
  /** The path of the last file in it; see {@link comparePaths}. */
  readonly path: string
  /** The file goes on in the next volume. */
  readonly isCut: boolean
}

/** What this host's manifest of an unfinished set tells. Text and paths are bytes, one a character (latin1). */
export interface PartialManifest {
  /** From 1 on, without a gap. The last of them may not have arrived in the archive. */
  readonly volumes: readonly (ManifestVolume & { readonly end: VolumeEnd })[]
  /** All of the tree was sent: what was missing is signatures or manifest in the archive. */
  readonly isWhole: boolean
  /** The manifest of a set of only so many volumes; the whole one where that is all. */
  readonly upTo: (count: number) => string
}

const WORD = '[^ \\t\\n\\v\\f\\r]+'
const STANZA = new RegExp(
  `^Volume (\\d+):\\n {4}StartingPath +${WORD} [ \\d]*\\n {4}EndingPath +(${WORD}) ([ \\d]*)\\n {4}Hash SHA1 ([0-9a-f]{40})\\n`,
)

/**
 * Reads a `.manifest.part` (manifest.py): a head, a stanza a volume, written before the volume is sent, and the list of
 * files. What a power cut took from its end is passed over.
 * @throws when it is none, or a resumed backup wrote to it: then nothing tells what its signatures are of
 */
export function parsePartialManifest(text: string): PartialManifest {
  const [head = '', ...stanzas] = text.split(/^(?=Volume \d+:$)/m)
  const read = stanzas.map(stanza => STANZA.exec(stanza))
  const torn = read.indexOf(null)
  const whole = read.slice(0, torn < 0 ? read.length : torn).map(match => match!)
  const volumes = whole.map(([, number, path = '', block = '', sha1 = '']) => ({
    number: Number(number),
    sha1,
    end: { path: unquoted(path), isCut: block.trim() !== '' },
  }))
  if (!head.startsWith('Hostname ') || volumes.length === 0) throw new Error('it lists no volume')
  if (volumes.some(({ number }, index) => number !== index + 1)) throw new Error('duplicity resumed it before')
  const isWhole = torn < 0 && isFileList(stanzas.at(-1)!.slice(whole.at(-1)![0].length))
  const upTo = (count: number): string => [head, ...whole.slice(0, count).map(([stanza]) => stanza)].join('')
  return { volumes, isWhole, upTo: count => (isWhole && count === volumes.length ? text : upTo(count)) }
}

/** `Filelist N`, and so many lines. */
function isFileList(text: string): boolean {
  const [, count] = /^Filelist (\d+)\n/.exec(text) ?? []
  return count !== undefined && text.split('\n').length === Number(count) + 2
}

/** manifest.Quote, undone; the root is `.`. */
function unquoted(word: string): string {
  if (word === '.') return ''
  if (!word.startsWith('"')) return word
  return word.slice(1, -1).replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
