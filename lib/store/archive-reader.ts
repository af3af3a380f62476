import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { z } from 'zod'
import { Secret } from '../core/secret.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'
import { type Keys, type Metadata, sumOf, timeToRead, WITHOUT_KEYRING, withPlaces } from './archive-files.ts'

/**
 * Hashes files, one a line of JSON, and answers so: from the server and not from this machine's memory of writing it,
 * no link followed and no pipe waited for. What is packed or encrypted is unpacked on its way, and that is hashed too;
 * a file is read once, whole, whatever is wrong with it.
 */
const READER = `
import gzip, hashlib, json, os, subprocess, sys, threading, zlib

GPG = 'gpg --batch --no-tty --no-permission-warning --pinentry-mode=loopback --decrypt'.split()
PIECE = 1 << 18

class Hashed:
    def __init__(self, read, kind='sha256'):
        self.read_piece, self.hash = read, hashlib.new(kind)

    def read(self, size=PIECE):
        piece = self.read_piece(size)
        self.hash.update(piece)
        return piece

    def digest(self):
        while self.read():
            pass
        return self.hash.hexdigest()

def gunzipped(packed):
    try:
        return {'plain': Hashed(gzip.GzipFile(fileobj=packed).read).digest()}
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        return {'said': str(error)}

def feed(source, pipe, failed):
    try:
        while piece := source.read():
            try:
                pipe.write(piece)
            except BrokenPipeError:
                pass
    except OSError as error:
        failed.append(error)
    try:
        pipe.close()
    except BrokenPipeError:
        pass

def decrypted(encrypted):
    given, write = os.pipe()
    os.write(write, passphrase.encode() + b'\\n')
    os.close(write)
    with open('/tmp/status', 'w+b') as status, open('/tmp/said', 'w+b') as said:
        words = [*GPG, f'--passphrase-fd={given}', f'--status-fd={status.fileno()}']
        pipes = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE, 'stderr': said}
        gpg = subprocess.Popen(words, pass_fds=[given, status.fileno()], **pipes)
        os.close(given)
        failed = []
        feeder = threading.Thread(target=feed, args=[encrypted, gpg.stdin, failed])
        feeder.start()
        plain = Hashed(gpg.stdout.read).digest()
        feeder.join()
        code = gpg.wait()
        for error in failed:
            raise error
        for file in (status, said):
            file.seek(0)
        if b'[GNUPG:] NO_SECKEY ' in status.read():
            return {'isSealed': True}
        last = said.read().decode(errors='replace').strip().split('\\n')[-1]
        return {'plain': plain} if code == 0 else {'said': last}

UNPACK = {'gpg': decrypted, 'gz': gunzipped}

def answer(path, kind, packing):
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        source = Hashed(lambda size: os.read(file, size), kind)
        found = UNPACK[packing](source) if packing in UNPACK else {}
        return {'hash': source.digest(), **found}
    finally:
        os.close(file)

for line in sys.stdin:
    asked = json.loads(line)
    if isinstance(asked, str):
        print(asked, flush=True)
        continue
    if isinstance(asked, dict):
        passphrase = asked['passphrase']
        continue
    try:
        print(json.dumps(answer(*asked)))
    except OSError as error:
        print(json.dumps({'said': error.strerror}))`

const answer = z.object({
  /** Missing where it could not be read. */
  hash: z.string().optional(),
  /** That of what was unpacked; missing where it could not be. */
  plain: z.string().optional(),
  isSealed: z.boolean().default(false),
  said: z.string().default(''),
})

interface Asked {
  readonly name: string
  readonly bytes: number
  readonly kind: 'sha1' | 'sha256'
  readonly packing?: 'gpg' | 'gz' | undefined
}

const STAYS = { endOfAnswer: JSON.stringify }

const readerWords = (folder: string, keys: Keys): string[] =>
  sandboxed(['/usr/bin/python3', '-I', '-S', '-c', READER], withPlaces(keys, { reads: [dirname(folder)] }))

/** Starts what reads files of archives, for the first one. */
export const prepareReader = (folder: string, shell: Shell): void => shell.with(STAYS).prepare`${readerWords(folder, NO_KEYS)}`

/**
 * Reads files of an archive's folder, in another process: a dead server would hang this one. What the program that
 * stays for the next site cannot read is asked of a new one: it may see a folder that others have taken the place of.
 */
async function read(folder: string, files: readonly Asked[], keys: Keys, shell: Shell): Promise<z.output<typeof answer>[]> {
  const words = readerWords(folder, keys)
  if (keys.secret !== undefined) shell.hide(keys.secret)
  const passphrase = JSON.stringify({ passphrase: keys.secret?.reveal() ?? '' })
  const ask = async (some: readonly Asked[], mayStay: boolean): Promise<z.output<typeof answer>[]> => {
    if (some.length === 0) return []
    const lines = some.map(({ name, kind, packing }) => JSON.stringify([join(folder, name), kind, packing]))
    const bytes = sumOf(some)
    const input = new Secret([passphrase, ...lines].join('\n'))
    const quiet = shell.with({ input, timeout: timeToRead(bytes), onLine: () => {}, ...(mayStay ? STAYS : {}) })
    const answers = await quiet.ask(text => text.split('\n'))`${words}`
    shell.transferred({ read: bytes })
    return some.map((_, at) => answer.parse(JSON.parse(answers[at] ?? '')))
  }
  // a keyring is lent for this once
  const first = await ask(files, keys.places.reads === undefined)
  const isUnread = (at: number): boolean => first[at]!.hash === undefined
  const again = await ask(
    files.filter((_, at) => isUnread(at)),
    false,
  )
  return first.map((found, at) => (isUnread(at) ? again.shift()! : found))
}

/** A file of the archive that is to be hashed. */
export type ToHash = Pick<Asked, 'name' | 'bytes' | 'kind'>

/** Its hash in hex, or why there is none. */
export interface Hashed {
  readonly name: string
  readonly hash: string | undefined
  readonly said: string
}

const NO_KEYS: Keys = { secret: undefined, encrypt: undefined, places: WITHOUT_KEYRING }

/** Hashes files of an archive's folder. */
export async function hashFiles(folder: string, files: readonly ToHash[], shell: Shell): Promise<readonly Hashed[]> {
  const answers = await read(folder, files, NO_KEYS, shell)
  return answers.map(({ hash, said }, at) => ({ name: files[at]!.name, hash, said }))
}

/** What reading a manifest or signatures back came to. */
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

/** Reads manifests and signatures back from the archive and compares them, unpacked, with this host's copies. */
export async function readBackMetadata(
  folder: string,
  files: readonly Metadata[],
  keys: Keys,
  shell: Shell,
): Promise<readonly ReadBack[]> {
  const asked = files.map(({ name, bytes }): Asked => ({ name, bytes, kind: 'sha256', packing: packingOf(name) }))
  const answers = await read(folder, asked, keys, shell)
  return await Promise.all(
    files.map(async ({ name, copy }, at): Promise<ReadBack> => {
      const { hash, plain = packingOf(name) === undefined ? hash : undefined, isSealed, said } = answers[at]!
      const found = { name, sha256: hash, said }
      if (hash === undefined) return { ...found, result: 'unread' }
      if (isSealed) return { ...found, result: 'sealed' }
      if (plain === undefined) return { ...found, result: 'damaged' }
      if (copy === undefined) return { ...found, result: 'whole' }
      return { ...found, result: plain === (await plainHash(copy)) ? 'same' : 'different' }
    }),
  )
}

const packingOf = (name: string): Asked['packing'] => (['gpg', 'gz'] as const).find(ending => name.endsWith(`.${ending}`))

/** Undefined of a copy that cannot be unpacked. */
async function plainHash(copy: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  const take = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
    for await (const piece of pieces) hash.update(piece)
  }
  try {
    if (packingOf(copy) === 'gz') await pipeline(createReadStream(copy), createGunzip(), take)
    else await pipeline(createReadStream(copy), take)
    return hash.digest('hex')
  } catch {
    return undefined
  }
}
