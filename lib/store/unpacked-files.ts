import { join } from 'node:path'
import { type Sandbox, sandboxed } from '../host/sandbox.ts'
import { type Keys, UNPACK, withPlaces } from './archive-files.ts'

/** No link is followed, and no pipe waited for. */
const READ = 'dd if="$1" iflag=nofollow,nonblock bs=256k status=none'

const COPY = `${UNPACK}
set -o pipefail
while [ $# -gt 0 ]; do
  ${READ} | unpack "$1" >"$2" || exit
  shift 2
done`

/** A file of the archive, and the name that it gets where it is unpacked. */
export interface ToUnpack {
  readonly name: string
  readonly to: string
}

/** The words of a command that decrypts or unpacks files of an archive's folder into another folder. */
export function unpackWords(
  folder: string,
  files: readonly ToUnpack[],
  into: string,
  keys: Keys,
  limits: NonNullable<Sandbox['limits']>,
): string[] {
  const pairs = files.flatMap(({ name, to }) => [join(folder, name), join(into, to)])
  return sandboxed(['bash', '-c', COPY, 'unpack', ...pairs], { ...withPlaces(keys, { reads: [folder], writes: [into] }), limits })
}

const STREAM = `${UNPACK}
set -o pipefail
separator=$1
shift
mkfifo /tmp/hashed
while [ $# -gt 0 ]; do
  sha1sum </tmp/hashed >/tmp/sum &
  ${READ} | tee -p /tmp/hashed | unpack "$1" || exit
  wait $!
  read -r sum rest </tmp/sum
  [ "$sum" = "$2" ] || { echo "$1 is not what was written: its SHA1 is $sum, wanted $2" >&2; exit 1; }
  printf %s "$separator"
  shift 2
done`

/** A volume, with its hash as it lies in the archive. */
export interface ToStream {
  readonly name: string
  readonly sha1: string
}

/**
 * The words of a command that prints volumes, unpacked, a separator behind each, and fails where one has another hash.
 */
export function streamWords(folder: string, volumes: readonly ToStream[], separator: string, keys: Keys): string[] {
  const pairs = volumes.flatMap(({ name, sha1 }) => [join(folder, name), sha1])
  return sandboxed(['bash', '-c', STREAM, 'stream', separator, ...pairs], withPlaces(keys, { reads: [folder] }))
}
