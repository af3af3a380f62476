import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { output } from '../../lib/sandbox/process.ts'

/** The second in which a set was made last, which may be gone since. */
let last: string | undefined
const thisSecond = (): string => new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')

/** Makes one full set of a tree, as duplicity makes it, the only one in an archive's folder. */
export async function craftSet(tree: string, archive: string): Promise<void> {
  const cache = mkdtempSync(join(tmpdir(), 'holdfast-craft-'))
  // a set is known by its second: one of the same would be taken for that, and damaged
  const seconds = readdirSync(archive).map(name => /(\d{8}T\d{6}Z)\.(?:vol|manifest)/.exec(name)?.[1])
  removeSets(archive)
  while ([last, ...seconds].includes(thisSecond())) await new Promise(resolve => setTimeout(resolve, 20))
  last = thisSecond()
  const options = ['--no-encryption', '--allow-source-mismatch', `--archive-dir=${cache}`, '--verbosity=error']
  await output('duplicity', ['full', ...options, tree, `file://${archive}`])
  rmSync(cache, { recursive: true })
}

/** Takes the sets away, and what would tell that they were there. */
export function removeSets(archive: string): void {
  for (const name of readdirSync(archive))
    if (name.startsWith('duplicity-') || name === '.holdfast-seals') rmSync(join(archive, name))
}

/** Makes a set of a copy of a tree that was changed. */
export async function craftChanged(tree: string, archive: string, change: (copy: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-craft-'))
  const copy = join(folder, 'copy')
  await output('cp', ['-a', tree, copy])
  change(copy)
  await craftSet(copy, archive)
  rmSync(folder, { recursive: true })
}

/** What no duplicity writes: entries put into a set's first volume behind all others, its hash in the manifest made to fit. */
const INJECT = `
import gzip, hashlib, io, json, re, sys, tarfile, glob
archive, entries = sys.argv[1], json.load(sys.stdin)
volume = glob.glob(archive + '/duplicity-full.*.vol1.difftar.gz')[0]
manifest = glob.glob(archive + '/duplicity-full.*.manifest')[0]
old = tarfile.open(volume)
plain = io.BytesIO()
new = tarfile.open(fileobj=plain, mode='w', format=tarfile.GNU_FORMAT)
for member in old: new.addfile(member, old.extractfile(member) if member.isreg() else None)
for entry in entries:
    info = tarfile.TarInfo('snapshot/' + entry['name'])
    info.type = {'file': tarfile.REGTYPE, 'link': tarfile.SYMTYPE, 'folder': tarfile.DIRTYPE, 'device': tarfile.CHRTYPE, 'hard': tarfile.LNKTYPE}[entry['kind']]
    info.mode, info.linkname, info.devmajor, info.devminor = int(entry.get('mode', '644'), 8), entry.get('target', ''), 1, 3
    info.uid, info.gid = entry.get('uid', 0), entry.get('gid', 0)
    text = entry.get('text', '').encode()
    info.size = len(text) if entry['kind'] == 'file' else 0
    new.addfile(info, io.BytesIO(text) if entry['kind'] == 'file' else None)
new.close()
data = gzip.compress(plain.getvalue())
open(volume, 'wb').write(data)
text = open(manifest, 'rb').read().decode('latin1')
text = re.sub('(Hash SHA1 )[0-9a-f]+', lambda m: m.group(1) + hashlib.sha1(data).hexdigest(), text, count=1)
text = re.sub('EndingPath .*', 'EndingPath    zzzz', text, count=1)
open(manifest, 'wb').write(text.encode('latin1'))
`

export interface Entry {
  /** As written in the volume: `..` and all. */
  readonly name: string
  readonly kind: 'file' | 'link' | 'folder' | 'device' | 'hard'
  readonly target?: string
  readonly text?: string
  /** Octal. */
  readonly mode?: string
  readonly uid?: number
  readonly gid?: number
}

export async function injectEntries(archive: string, entries: readonly Entry[]): Promise<void> {
  await output('python3', ['-c', INJECT, archive], JSON.stringify(entries))
}

/** Keeps an archive's folder as it is now; what is given puts it back. */
export function keepArchive(archive: string): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-kept-'))
  cpSync(archive, folder, { recursive: true, preserveTimestamps: true })
  return () => {
    rmSync(archive, { recursive: true, force: true })
    cpSync(folder, archive, { recursive: true, preserveTimestamps: true })
  }
}

/** Changes some bytes in the middle of a file. */
export function corrupt(file: string, read: (file: string) => Buffer): void {
  const bytes = read(file)
  for (let at = Math.floor(bytes.length / 2); at < bytes.length / 2 + 20; at++) bytes[at] = bytes[at]! ^ 0xff
  writeFileSync(file, bytes)
}
