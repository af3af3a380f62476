import type { Collection } from '../../core/collection.ts'
import { expectedBytes, progressText } from '../../core/progress.ts'
import type { Shell } from '../../engine/shell.ts'
import { parseName } from '../names.ts'

const EVERY = 2

/**
 * Tells how far a backup is, by the volumes in its folder: duplicity's `--progress` would first read the whole site. A
 * process of its own looks, which a dead server may hang.
 * @param folder undefined for a URL, where nothing can be seen
 * @param collection what is in it before
 */
export async function withVolumeProgress(
  folder: string | undefined,
  { collection, kind }: { readonly collection: Collection; readonly kind: 'full' | 'incremental' },
  shell: Shell,
  work: () => Promise<void>,
): Promise<void> {
  if (folder === undefined) return await work()
  const count = `find "$1" -maxdepth 1 -type f -name "*.vol*.difftar*" ! -name "*.part" -printf "%s\\n" 2>/dev/null`
  const script = `while :; do ${count} | awk '{ n++; s += $1 } END { printf "%d %.0f\\n", n, s }' || exit; sleep ${EVERY}; done`
  const startedAt = shell.now()
  const before = collection.files.filter(({ name }) => {
    const { role, partial } = parseName(name) ?? {}
    return role === 'volume' && !partial
  })
  const bytesBefore = before.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
  const expected = expectedBytes(collection, kind)
  const onLine = (line: string): void => {
    const [volumes = 0, bytes = 0] = line.split(' ').map(Number)
    const seconds = (shell.now() - startedAt) / 1000
    const made = { volumes: volumes - before.length, bytes: bytes - bytesBefore }
    if (made.volumes > 0) shell.progress(progressText({ ...made, expected, seconds }))
  }
  await shell.watch(['sh', '-c', script, 'progress', folder], onLine, work)
}

/** Tells how much of a restore has come, by the space that its folder takes. */
export async function withFolderProgress(folder: string, shell: Shell, work: () => Promise<void>): Promise<void> {
  // what looking takes grows with the folder: a tenth of the time at most goes into it
  const script = `while echo; do
    from=$(date +%s); du --summarize --block-size=1 "$1" 2>/dev/null | cut -f 1; sleep $(( ($(date +%s) - from) * 9 + ${EVERY} )); done`
  const startedAt = shell.now()
  const onLine = (line: string): void => {
    const bytes = Number(line)
    if (bytes > 0) shell.progress(progressText({ bytes, expected: undefined, seconds: (shell.now() - startedAt) / 1000 }))
  }
  await shell.watch(['sh', '-c', script, 'progress', folder], onLine, work)
}
