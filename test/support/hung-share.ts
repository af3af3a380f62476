import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Mounts a file system of user space whose server never says a word: every look at it hangs, and ends for no signal but a kill (fuse(4)). */
const DRIVER = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open('/dev/fuse', os.O_RDWR)
options = f'fd={fd},rootmode=40000,user_id=0,group_id=0'.encode()
if libc.mount(b'hung', sys.argv[1].encode(), b'fuse', 0, options) != 0: sys.exit(os.strerror(ctypes.get_errno()))
print('mounted', flush=True)
sys.stdin.read()
libc.umount2(sys.argv[1].encode(), 2)
`

/** A share whose server is dead, mounted there until it is disposed of. Wanted in a mount namespace of the test's own. */
export async function hungShare(mountPoint: string): Promise<AsyncDisposable> {
  const child = spawn('python3', ['-c', DRIVER, mountPoint], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}
