import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

interface StaticSite {
  readonly name: string
  readonly folder: string
  readonly root: string
}

/** What it consists of: a page, and everything that a careless backup would lose. */
const FILES: Record<string, { content: string; mode?: number }> = {
  'index.html': { content: '<!doctype html><title>Static</title><h1>A static site</h1>\n' },
  'style.css': { content: 'body { max-width: 40em }\n' },
  'news/2026.html': { content: '<!doctype html><h1>News of 2026</h1>\n' },
  'private/notes.txt': { content: 'for the group only\n', mode: 0o640 },
  'private/locked.txt': { content: 'for reading only\n', mode: 0o400 },
  'cgi-bin/hello.sh': { content: '#!/bin/sh\necho hello\n', mode: 0o755 },
  "it's $(odd); é %41 *.txt": { content: 'odd\n' },
  'empty.txt': { content: '' },
}

/** Makes a static site with links (one dangling), odd modes, an empty folder and an odd file name. */
export async function createStatic({ vhosts, name }: { vhosts: string; name: string }): Promise<StaticSite> {
  const folder = join(vhosts, name)
  const root = join(folder, 'SITE')
  for (const each of ['news', 'private', 'cgi-bin', 'empty']) await mkdir(join(root, each), { recursive: true })
  for (const [path, { content, mode }] of Object.entries(FILES))
    await writeFile(join(root, path), content, { mode: mode ?? 0o644 })
  await symlink('news/2026.html', join(root, 'latest.html'))
  await symlink('nowhere', join(root, 'dangling'))
  await chmod(join(root, 'private'), 0o2750)
  await utimes(join(root, 'news/2026.html'), new Date('2026-01-02T03:04:05Z'), new Date('2026-01-02T03:04:05Z'))
  return { name, folder, root }
}
