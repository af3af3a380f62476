import { dirname, join } from 'node:path'
import { z } from 'zod'
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

/** What reading one back came to. */
export interface ReadBack {
  readonly name: string
  /** Of the file as it lies in the archive, in hex; undefined where it could not be read. */
  readonly sha256: string | undefined
  /**
   * `same` as the copy or `different`; without a copy `whole` when it can be decrypted or unpacked, `damaged` when not;
   * `sealed` where this host has not the key; `unread` where the archive did not give it.
   */
  readonly result: 'same' | 'different' | 'whole' | 'damaged' | 'sealed' | 'unread'
  /** What the program said that could not read it. */
  readonly said: string
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

/**
 * Each file is read once, from the server and not from this machine's memory of writing it (\`nocache\`), and hashed,
 * decrypted or unpacked, and compared on its way. For small sites the processes are all that it costs.
 */
const READ_BACK = `${UNPACK}
compare() {
  case $1 in
    '') exec cat >/dev/null ;;
    *.gpg | *.gz) exec cmp --silent - <(unpack "$1" <"$1") ;;
    *) exec cmp --silent - "$1" ;;
  esac
}
mkfifo /tmp/hashed
while [ $# -gt 0 ]; do
  dd if="$1" iflag=nofollow,nocache count=0 status=none 2>/dev/null
  : >/tmp/status
  sha256sum </tmp/hashed >/tmp/sum &
  dd if="$1" iflag=nofollow,nonblock bs=256k status=none 2>/tmp/unread | tee -p /tmp/hashed | unpack "$1" 2>/tmp/said | compare "$2"
  ended=("\${PIPESTATUS[@]}") said=/tmp/said
  wait $!
  read -r sum rest </tmp/sum
  [ "\${ended[0]}" = 0 ] || said=/tmp/unread
  mapfile -t status </tmp/status
  mapfile -t lines <$said
  [[ "\${status[*]}" = *'[GNUPG:] NO_SECKEY '* ]] && key=no || key=yes
  printf '%s %s %s %s %s %s\\n' "\${ended[0]}" "$sum" $key "\${ended[2]}" "\${ended[3]}" "\${lines[*]: -1}"
  shift 2
done`

/** Seconds that reading so many bytes may take: 200 kB a second at least. */
const timeToRead = (bytes: number): number => 120 + bytes / 200_000

const sumOf = (files: readonly { readonly bytes: number }[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0)

/** Reads manifests and signatures back from the archive and compares them with this host's copies, in one process. */
export async function readBackMetadata(
  folder: string,
  files: readonly Metadata[],
  keys: Keys,
  shell: Shell,
): Promise<readonly ReadBack[]> {
  if (files.length === 0) return []
  const pairs = files.flatMap(({ name, copy }) => [join(folder, name), copy ?? ''])
  const copies = files.flatMap(({ copy }) => copy ?? [])
  const words = sandboxed(['bash', '-c', READ_BACK, 'read-back', ...pairs], withPlaces(keys, { reads: [folder, ...copies] }))
  const quiet = shell.with({ timeout: timeToRead(sumOf(files)), onLine: () => {}, input: keys.secret ?? '\n' })
  const lines = await quiet.ask(text => text.split('\n'))`${words}`
  shell.transferred({ read: sumOf(files) })
  return files.map(({ name, copy }, at) => ({ name, ...answerIn(lines[at] ?? '', copy !== undefined) }))
}

/** A sandbox with what decrypting needs. */
export function withPlaces({ places }: Keys, more: Sandbox): Sandbox {
  return {
    capabilities: ['CAP_DAC_OVERRIDE'],
    ...places,
    reads: [...(places.reads ?? []), ...(more.reads ?? [])],
    writes: [...(places.writes ?? []), ...(more.writes ?? [])],
  }
}

function answerIn(line: string, hasCopy: boolean): Omit<ReadBack, 'name'> {
  const [read, sum, key, unpacked, compared, ...words] = line.split(' ')
  const said = words.join(' ').trim()
  if (read !== '0') return { sha256: undefined, result: 'unread', said }
  const answer = { sha256: sum, said }
  if (key === 'no') return { ...answer, result: 'sealed' }
  // what compares ends at the first difference, and what unpacks by a broken pipe then
  if (unpacked !== '0' && unpacked !== '141') return { ...answer, result: 'damaged' }
  if (!hasCopy) return { ...answer, result: 'whole' }
  return { ...answer, result: compared === '0' ? 'same' : 'different' }
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

/** A file of the archive that is to be hashed. */
export interface ToHash {
  readonly name: string
  readonly bytes: number
  readonly kind: 'sha1' | 'sha256'
}

/** Its hash in hex, or why there is none. */
export interface Hashed {
  readonly name: string
  readonly hash: string | undefined
  readonly said: string
}

/**
 * Hashes files, one a line of JSON, and answers so: from the server and not from this machine's memory of writing it,
 * no link followed and no pipe waited for. It stays for the next site: a night reads some files of each.
 */
const HASH = `
import hashlib, json, os, sys

def hash_of(kind, path):
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        hash = hashlib.new(kind)
        while piece := os.read(file, 1 << 18):
            hash.update(piece)
        return hash.hexdigest()
    finally:
        os.close(file)

for line in sys.stdin:
    asked = json.loads(line)
    if isinstance(asked, str):
        print(asked, flush=True)
        continue
    try:
        print(json.dumps({'hash': hash_of(*asked), 'said': ''}))
    except OSError as error:
        print(json.dumps({'said': error.strerror}))`

const hashed = z.object({ hash: z.string().optional(), said: z.string() })

/**
 * Hashes files of an archive's folder, in another process: a dead server would hang this one. What the program that
 * stays cannot read is asked of a new one: it may see a folder that others have taken the place of.
 */
export async function hashFiles(folder: string, files: readonly ToHash[], shell: Shell): Promise<readonly Hashed[]> {
  if (files.length === 0) return []
  const first = await askForHashes(folder, files, shell.with({ endOfAnswer: JSON.stringify }))
  const unread = first.filter(({ hash }) => hash === undefined).map(({ name }) => name)
  if (unread.length === 0) return first
  const left = files.filter(({ name }) => unread.includes(name))
  const second = new Map((await askForHashes(folder, left, shell)).map(each => [each.name, each]))
  return first.map(each => second.get(each.name) ?? each)
}

async function askForHashes(folder: string, files: readonly ToHash[], shell: Shell): Promise<readonly Hashed[]> {
  const input = files.map(({ kind, name }) => JSON.stringify([kind, join(folder, name)])).join('\n')
  const sandbox: Sandbox = { reads: [dirname(folder)], capabilities: ['CAP_DAC_OVERRIDE'] }
  const bytes = sumOf(files)
  const quiet = shell.with({ input, timeout: timeToRead(bytes), onLine: () => {} })
  const lines = await quiet.ask(text => text.split('\n'))`${sandboxed(['/usr/bin/python3', '-I', '-S', '-c', HASH], sandbox)}`
  shell.transferred({ read: bytes })
  return files.map(({ name }, at) => ({ name, hash: undefined, ...hashed.parse(JSON.parse(lines[at] ?? '')) }))
}
