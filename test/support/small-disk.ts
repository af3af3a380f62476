import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A small disk of its own at a folder, in memory. Only for a test in a mount namespace of its own. */
export class SmallDisk {
  readonly folder: string
  readonly #ballast: string

  constructor(folder: string, size: string) {
    this.folder = folder
    this.#ballast = join(folder, 'ballast')
    mkdirSync(folder, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'small', folder])
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.folder)
    return bavail * bsize
  }

  /** Fills it to the last byte, or until so many bytes are left. */
  fill(left = 0): void {
    this.empty()
    const descriptor = openSync(this.#ballast, 'w')
    try {
      for (;;) {
        const bytes = Math.min(this.freeBytes - left, 65_536)
        if (left > 0 && bytes <= 0) break
        writeSync(descriptor, Buffer.alloc(Math.max(bytes, 1), 1))
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(descriptor)
    }
  }

  /** Has room again. */
  empty(): void {
    rmSync(this.#ballast, { force: true })
  }

  unmount(): void {
    execFileSync('umount', [this.folder])
  }

  /** Lets nobody write, or again. */
  mayWrite(yes: boolean): void {
    execFileSync('mount', ['-o', `remount,${yes ? 'rw' : 'ro'}`, this.folder])
  }
}
