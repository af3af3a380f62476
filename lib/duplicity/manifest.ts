/** What a manifest says of one volume. */
export interface ManifestVolume {
  readonly number: number
  /**
   * SHA1 of the volume as it is in the archive (encrypted or not), in hex; undefined where the manifest gives another
   * kind.
   */
  readonly sha1: string | undefined
}

/**
 * The volumes that a manifest lists, in its order (Manifest.to_string in manifest.py, the same in 0.8.22 and 3.0.4):
 * `Volume 1:`, then indented lines, of which `Hash SHA1 …` is one. Paths in it are quoted and so never begin such a
 * line.
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
