import { z } from 'zod'
import { COMPANION } from '../host/companion.ts'
import { MOST_SPECIAL } from '../host/special-files.ts'

/** Bytes of differences that are read: with more, all that is known is that there are some. */
const MOST = 20_000_000
/** Where the fields of a line begin with the time of its content, and with the path, which may have spaces. */
export const [MODIFIED, PATH] = [6, 8]

/**
 * Words of find(1) that print a folder. Of folders only the first two levels have an inode, by which it is seen that
 * they were exchanged; what else changes in a folder are its entries, which have lines of their own. The companion
 * folder is written anew every night: the times of its files tell, and no inode. A line more is of each other folder,
 * with its time of change: the kernel gives what is marked as unchangeable, or is no more, another one.
 */
const printed = (prefix: string): string[] => ['-printf', `${prefix}%P\\0`]
const [OWN, BELOW] = [`./${COMPANION}`, `./${COMPANION}/*`]
const FIND = [
  ...['find', '.', '-type', 'd', '!', '-path', OWN, '!', '-path', BELOW, '-printf', '%C@ %p\\0', ',', '('],
  ...['-type', 'd', '-path', './*/*', ...printed('d %m %U:%G - - - - - '), '-o'],
  ...['-type', 'd', ...printed('d %m %U:%G - - %i - - '), '-o'],
  ...['-path', BELOW, ...printed('%y %m %U:%G %s - - %T@ - '), '-o'],
  ...[...printed('%y %m %U:%G %s %n %i %T@ %C@ '), ')'],
]

/** What is asked of {@link LISTING}, a line of JSON: a folder, and what is known of it from an earlier listing. */
export interface ListingRequest {
  readonly folder: string
  /** The hash of what was printed of it. */
  readonly printed: string | undefined
  /** That of its list, which does not depend on the order. */
  readonly hash: string | undefined
  /** The list, compressed, in base64. */
  readonly earlier: string | undefined
  /** Some files were marked as unchangeable: all are asked. Else those that changed, for a mark is a change. */
  readonly areMarked: boolean
}

/**
 * Lists folders, and tells how they differ from an earlier listing, by the lines that only one of both has, as
 * `comm -z -3` prints them. What cannot be read, or goes meanwhile, is missing from the list: then it differs, now or
 * in the next night. Beside the list: devices and sockets, and what is marked as unchangeable. It reads nothing but
 * names and what inodes tell. Names are bytes, so they travel in base64.
 */
export const LISTING = `
import binascii, fcntl, hashlib, json, os, sys, zlib

GET_FLAGS, UNCHANGEABLE = 0x80086601, 0x30
FIND = ${JSON.stringify(FIND)}

def print_folder():
    read, write = os.pipe()
    null = [(os.POSIX_SPAWN_OPEN, number, '/dev/null', os.O_RDWR, 0) for number in (0, 2)]
    find = os.posix_spawnp('find', FIND, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, write, 1), *null])
    os.close(write)
    with open(read, 'rb') as pipe:
        text = pipe.read()
    os.waitpid(find, 0)
    return text

def is_marked(path):
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            return fcntl.ioctl(file, GET_FLAGS, bytes(8))[0] & UNCHANGEABLE
        finally:
            os.close(file)
    except OSError:
        return False

def path_of(line):
    return b'./' + line.split(b' ', ${PATH})[${PATH}]

def packed(lines):
    return binascii.b2a_base64(b''.join(line + b'\\0' for line in lines), newline=False).decode()

def differences(earlier, lines):
    was = set(zlib.decompress(binascii.a2b_base64(earlier), 31).split(b'\\0')[:-1])
    return sorted(was.difference(lines)), [line for line in lines if line not in was]

def listed(folder, areMarked, printed=None, hash=None, earlier=None):
    os.chdir(folder)
    text = print_folder()
    answer = {'printed': hashlib.sha256(text).hexdigest()}
    if answer['printed'] == printed:
        return answer
    all = text.split(b'\\0')[:-1]
    folders = [line.split(b' ', 1)[1] for line in all if line[:1].isdigit()]
    lines = sorted(line for line in all if not line[:1].isdigit())
    body = b''.join(line + b'\\0' for line in lines)
    answer['hash'] = hashlib.sha256(body).hexdigest()
    new = []
    if answer['hash'] != hash:
        packer = zlib.compressobj(1, wbits=31)
        answer['list'] = binascii.b2a_base64(packer.compress(body) + packer.flush(), newline=False).decode()
        if earlier is not None:
            gone, new = differences(earlier, lines)
            size = sum(map(len, gone)) + sum(map(len, new))
            answer['changes'] = packed([*gone, *(b'\\t' + line for line in new)]) if size < ${MOST} else None
    asked = lines if areMarked or answer.get('changes', '') is None else new
    files = [path_of(line) for line in asked if line.startswith(b'f ')]
    answer['marked'] = packed([path[2:] for path in [*folders, *files] if is_marked(path)][:${MOST_SPECIAL}])
    answer['devices'] = packed([line[:2] + path_of(line)[2:] for line in lines if line[:1] in b'bcs'][:${MOST_SPECIAL}])
    return answer

for line in sys.stdin.buffer:
    asked = json.loads(line)
    try:
        answer = json.dumps(listed(**asked)) if isinstance(asked, dict) else asked
    except Exception as error:
        answer = json.dumps({'said': str(error)})
    os.chdir('/') # or a site that is a mount could not be unmounted
    print(answer, flush=True)
`

/** By {@link LISTING}, which writes nothing else: no need to look at each letter of long texts. */
const base64 = z.string().transform(text => Buffer.from(text, 'base64'))

/** What it answers: where `printed` is what it was, nothing else. */
export const listingAnswer = z.object({
  printed: z.string().optional(),
  hash: z.string().optional(),
  list: base64.optional(),
  /** Null where there are too many. */
  changes: base64.nullish(),
  marked: base64.optional(),
  devices: base64.optional(),
  /** Why it cannot be listed. */
  said: z.string().optional(),
})
