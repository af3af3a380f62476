import { join } from 'node:path'
import { type BackupSet, sumBytes } from '../core/collection.ts'
import { sandboxed } from '../host/sandbox.ts'
import { type Keys, UNPACK, withPlaces } from '../store/archive-files.ts'

/** Names of what is unpacked beside the stream. */
export const MANIFEST = 'manifest'
export const SIGNATURES = 'signatures'
/** The SHA1 of each volume as it lay in the archive, a line each. */
export const SUMS = 'sums'

/** No link is followed, and no pipe waited for. */
const STREAM = `${UNPACK}
set -o pipefail
take() { dd if="$1" iflag=nofollow,nonblock bs=256k status=none; }
separator=$1 into=$2
take "$3" | unpack "$3" >"$into/${MANIFEST}" && take "$4" | unpack "$4" >"$into/${SIGNATURES}" || exit
shift 4
mkfifo /tmp/hashed
for volume; do
  sha1sum </tmp/hashed >>"$into/${SUMS}" &
  take "$volume" | tee -p /tmp/hashed | unpack "$volume" || exit
  wait $! || exit
  printf %s "$separator"
done`

/**
 * The words of the command that decrypts or unpacks a set: its manifest and signatures into a folder first, then its
 * volumes to its output, with a separator behind each.
 */
export function streamWords(folder: string, set: BackupSet, into: string, separator: string, keys: Keys): string[] {
  const { manifest, signatures, volumes } = set
  const files = [manifest!, signatures!, ...volumes].map(({ name }) => join(folder, name))
  const limits = { fileSize: LARGER * (sumBytes([manifest!, signatures!]) ?? 0) + 2 ** 26 }
  const sandbox = { ...withPlaces(keys, { reads: [folder], writes: [into] }), limits }
  return sandboxed(['bash', '-c', STREAM, 'stream', separator, into, ...files], sandbox)
}

/** How much larger signatures may be than they are packed: no set of duplicity's comes near that. */
const LARGER = 200
