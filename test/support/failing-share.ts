import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'

/**
 * A share with a few files (fuse(4)). While the switch is there: `closed.txt` and `locked/` are not this user's (EACCES), `unlisted/` cannot be listed, `unseen.txt` not be looked at and
 * `torn.txt`, which changes then, not be read past its first pages (by what the switch says, else EIO). `plain.txt` is always well, but for a share that is gone: at once, or once one of these has failed.
 */
const DRIVER = `
import ctypes, errno, os, stat, struct, sys
point, switch, *more = sys.argv[1:]
TREE = {1: (None, ['plain.txt', 'closed.txt', 'torn.txt', 'unseen.txt', 'unlisted', 'locked'])}
def add(name, content):
    TREE[len(TREE) + 1] = (name, content)
    return len(TREE)
IDS = {name: add(name, content) for name, content in [('plain.txt', b'plain'), ('closed.txt', b'closed'), ('torn.txt', b't' * 400000), ('unseen.txt', b'unseen'),
    ('unlisted', ['inner.txt']), ('locked', ['deep.txt']), ('inner.txt', b'inner'), ('deep.txt', b'deep')]}
for each in more:
    name, content = each.split('=')
    IDS[name] = add(name, content.encode())
    TREE[1][1].append(name)
def attr(node):
    content = TREE[node][1]
    mode = stat.S_IFDIR | 0o755 if isinstance(content, list) else stat.S_IFREG | 0o644
    changed = 1700000000 + (TREE[node][0] == 'torn.txt' and was_faulty)
    return struct.pack('<6Q10I', node, len(content), 1, 0, changed, changed, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)
def faulty(name): return name == TREE[node][0] and os.path.exists(switch)
def fail(code): raise OSError(code, 'wanted')
def said():
    try: return open(switch).read().split()
    except FileNotFoundError: return []
def lose():
    global is_gone
    is_gone = 'then-gone' in said()
    fail(getattr(errno, said()[0]))
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open('/dev/fuse', os.O_RDWR)
options = f'fd={fd},rootmode=40000,user_id=0,group_id=0'.encode()
if libc.mount(b'failing', point.encode(), b'fuse', 0, options) != 0: sys.exit(os.strerror(ctypes.get_errno()))
print('mounted', flush=True)
was_faulty = is_gone = False
while True:
    try: request = os.read(fd, 1 << 20)
    except OSError: break
    _, opcode, unique, node = struct.unpack('<IIQQ', request[:24])
    body, answer = request[40:], b''
    was_faulty = was_faulty or os.path.exists(switch)
    if opcode in (2, 36, 42): continue
    is_gone = 'gone' in said() or (is_gone and 'then-gone' in said())
    try:
        if is_gone and opcode != 26: lose()
        if opcode == 26: answer = struct.pack('<4I2H2I2H8I', 7, 31, 0, 0, 1, 1, 4096, 1, 0, 0, *[0] * 8)
        elif opcode == 1:
            name = body[:-1].decode()
            if name not in TREE[node][1]: fail(errno.ENOENT)
            node = IDS[name]
            if faulty('unseen.txt'): lose()
            answer = struct.pack('<4Q2I', node, 0, 0, 0, 0, 0) + attr(node)
        elif opcode == 3: answer = struct.pack('<QII', 0, 0, 0) + attr(node)
        elif opcode in (14, 27, 34):
            if faulty('closed.txt') or faulty('locked'): fail(errno.EACCES)
            if faulty('unlisted') and opcode == 27: lose()
            if opcode != 34: answer = struct.pack('<QII', 0, 1 if opcode == 14 else 0, 0)
        elif opcode in (15, 28):
            offset, size = struct.unpack('<QI', body[8:20])
            content = TREE[node][1]
            if opcode == 15:
                if offset >= 131072 and faulty('torn.txt'): lose()
                answer = content[offset:offset + size]
            else:
                for at, name in enumerate(content[offset:], offset + 1):
                    answer += struct.pack('<QQII', IDS[name], at, len(name), 0) + name.encode().ljust((len(name) + 7) // 8 * 8, b'\\0')
        elif opcode == 17: answer = bytes(80)
        elif opcode not in (18, 25, 29): fail(errno.ENOSYS)
        error = 0
    except OSError as problem: error, answer = -problem.errno, b''
    os.write(fd, struct.pack('<IiQ', 16 + len(answer), error, unique) + answer)
`

/** A share whose files can be made to fail, until it is disposed of. Wanted in a mount namespace of the test's own. */
export interface FailingShare extends AsyncDisposable {
  readonly fails: (yes: boolean | Failing) => void
  /** Ends its server: the mount stays, and says at every look that it is not connected. */
  readonly breaks: () => Promise<void>
}

/** What the kernel says of the share, and whether that is of some files, of all, or of all once it was of one. */
export type Failing = `${'EIO' | 'ESTALE' | 'ENOTCONN'}${'' | ' gone' | ' then-gone'}`

/** @param files more of them, which are always well */
export async function failingShare(mountPoint: string, files: Readonly<Record<string, string>> = {}): Promise<FailingShare> {
  const more = Object.entries(files).map(([name, content]) => `${name}=${content}`)
  const lever = `${mountPoint}.fails`
  const child = spawn('python3', ['-c', DRIVER, mountPoint, lever, ...more], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  const end = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  return {
    fails: how => (how ? writeFileSync(lever, how === true ? 'EIO' : how) : rmSync(lever, { force: true })),
    breaks: end,
    [Symbol.asyncDispose]: end,
  }
}
