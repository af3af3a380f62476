import { execFileSync } from 'node:child_process'
import { Md4 } from '../../lib/duplicity/md4.ts'

/** A member of a volume or of signatures, as whoever crafts a set can write it. */
export interface Member {
  readonly name: string
  readonly type?: 'file' | 'link' | 'folder' | 'pipe' | 'device' | 'hard'
  readonly content?: Buffer
  readonly target?: string
  readonly mode?: number
  readonly uid?: number
}

const TAR = `
import base64, io, json, sys, tarfile
plain = io.BytesIO()
tar = tarfile.open(fileobj=plain, mode='w', format=tarfile.PAX_FORMAT)
TYPES = dict(file=tarfile.REGTYPE, link=tarfile.SYMTYPE, folder=tarfile.DIRTYPE, pipe=tarfile.FIFOTYPE, device=tarfile.CHRTYPE, hard=tarfile.LNKTYPE)
for member in json.load(sys.stdin):
    info = tarfile.TarInfo(member['name'])
    info.type, info.mode, info.uid, info.mtime = TYPES[member['type']], member['mode'], member['uid'], 1600000000
    info.linkname = member['target']
    content = base64.b64decode(member['content'])
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))
tar.close()
sys.stdout.buffer.write(plain.getvalue())
`

/** A tar file of these members. */
export function tarOf(members: readonly Member[]): Buffer {
  const all = members.map(({ name, type = 'file', content, target = '', mode = 0o644, uid = 0 }) => ({
    ...{ name, type, target, mode, uid },
    content: content?.toString('base64') ?? '',
  }))
  return execFileSync('python3', ['-c', TAR], { input: JSON.stringify(all), maxBuffer: 1e9 })
}

const BLOCK = 512

/** What librsync makes of a file: the sum that it never checks here is zero. */
export function signatureOf(content: Buffer): Buffer {
  const head = Buffer.from('7273013600000200' + '00000008', 'hex')
  const hash = new Md4()
  const blocks: Buffer[] = []
  for (let from = 0; from < content.length; from += BLOCK) {
    hash.update(content.subarray(from, from + BLOCK))
    blocks.push(Buffer.alloc(4), hash.digest().subarray(0, 8))
  }
  return Buffer.concat([head, ...blocks])
}

/** Literal bytes of a delta, or what it copies. */
export type Part = Buffer | readonly [from: number, length: number]

export function deltaOf(...parts: readonly Part[]): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(BigInt(value))
    return bytes
  }
  const operations = parts.map(part =>
    Buffer.isBuffer(part)
      ? Buffer.concat([Buffer.from([0x44]), number(part.length), part])
      : Buffer.concat([Buffer.from([0x54]), number(part[0]), number(part[1])]),
  )
  return Buffer.concat([Buffer.from('72730236', 'hex'), ...operations, Buffer.from([0])])
}
