import { join } from 'node:path'
import type { Secret } from '../core/secret.ts'
import type { Shell } from '../engine/shell.ts'
import { type Sandbox, sandboxed } from '../host/sandbox.ts'

/** A manifest or file of signatures in the archive, and this host's own unencrypted copy in duplicity's archive-dir. */
export interface Metadata {
  readonly name: string
  readonly bytes: number
  /** The path of this host's copy; undefined where it has none. */
  readonly copy: string | undefined
}

/** How files of the archive are decrypted and encrypted again. */
export interface Keys {
  /** A passphrase, or that of a key; undefined where there is none. */
  readonly secret: Secret | undefined
  /** gpg's words that encrypt as duplicity does; undefined where sets are not encrypted. */
  readonly encrypt: readonly string[] | undefined
  /** What gpg needs of this host: its keyring, where there is one. */
  readonly places: Sandbox
}

/** A passphrase needs no keyring: any folder of the sandbox will do. */
export const WITHOUT_KEYRING: Sandbox = { env: { GNUPGHOME: '/tmp' } }

/**
 * Decrypts or unpacks standard input, by the ending of a name, in place of its shell. Only without --quiet does gpg
 * say by its status that it has not the key.
 */
export const UNPACK = `
IFS= read -r passphrase
GPG='gpg --batch --no-tty --no-permission-warning --pinentry-mode=loopback --passphrase-fd=3'
unpack() {
  case $1 in
    *.gpg) exec $GPG --status-fd=4 --decrypt 3<<<"$passphrase" 4>/tmp/status ;;
    *.gz) exec gzip -dc ;;
    *) exec cat ;;
  esac
}`

/** Seconds that reading so many bytes may take: 200 kB a second at least. */
export const timeToRead = (bytes: number): number => 120 + bytes / 200_000

export const sumOf = (files: readonly { readonly bytes: number }[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0)

/** A sandbox with what decrypting needs. */
export function withPlaces({ places }: Keys, more: Sandbox): Sandbox {
  return {
    capabilities: ['CAP_DAC_OVERRIDE'],
    ...places,
    reads: [...(places.reads ?? []), ...(more.reads ?? [])],
    writes: [...(places.writes ?? []), ...(more.writes ?? [])],
  }
}

/** Packs this host's copy as the file in the archive is, beside it, and puts it in its place. */
const PUT_BACK = `${UNPACK}
set -e -o pipefail
name=$1 copy=$2 beside=$3
shift 3
trap 'rm -f "$beside"' EXIT
rm -f "$beside"
pack() {
  case $name in
    *.gpg) gpg --batch --quiet --no-tty --no-permission-warning --pinentry-mode=loopback --passphrase-fd=3 "$@" 3<<<"$passphrase" ;;
    *.gz) gzip -c ;;
    *) cat ;;
  esac
}
unpack "$copy" <"$copy" | pack "$@" | dd of="$beside" conv=excl,fsync bs=256k iflag=fullblock status=none
mv -fT "$beside" "$name"`

/** Puts a manifest or signatures into the archive again, from this host's copy. @throws when it cannot be written */
export async function putBackMetadata(folder: string, { name, copy, bytes }: Metadata, keys: Keys, shell: Shell): Promise<void> {
  const paths = [join(folder, name), copy ?? '', join(folder, `.holdfast-new-${name}`)]
  const words = [...paths, ...(keys.encrypt ?? [])]
  const sandbox = withPlaces(keys, { reads: copy === undefined ? [] : [copy], writes: [folder] })
  const quiet = shell.with({ timeout: timeToRead(bytes), input: keys.secret ?? '\n' })
  await quiet.act`${sandboxed(['bash', '-c', PUT_BACK, 'put-back', ...words], sandbox)}`
  shell.transferred({ written: bytes })
}
