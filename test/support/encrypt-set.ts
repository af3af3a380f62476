import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Encrypts a set that is packed only, as duplicity would have: a volume's hash in the manifest is that of the encrypted file.
 * @param gpg the words of gpg that encrypt, with what its standard input is given, and its home
 */
export function encryptSet(archive: string, gpg: { words: readonly string[]; input?: string; env: NodeJS.ProcessEnv }): void {
  const encrypt = (bytes: Buffer, into: string): void => {
    const words = ['--batch', '--yes', '--pinentry-mode=loopback', '--trust-model=always', ...gpg.words, '--output', into]
    const plain = join(archive, '.plain')
    writeFileSync(plain, bytes)
    execFileSync('gpg', [...words, plain], {
      env: gpg.env,
      input: gpg.input,
      stdio: [gpg.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    rmSync(plain)
  }
  const names = readdirSync(archive).filter(name => name.startsWith('duplicity-'))
  const hashes = new Map<number, string>()
  for (const name of names.filter(each => each.endsWith('.gz'))) {
    const packed = readFileSync(join(archive, name))
    const into = join(archive, name.replace(/gz$/, 'gpg'))
    encrypt(execFileSync('gzip', ['-dc'], { input: packed, maxBuffer: 1e9 }), into)
    const volume = /\.vol(\d+)\./.exec(name)?.[1]
    if (volume !== undefined) hashes.set(Number(volume), createHash('sha1').update(readFileSync(into)).digest('hex'))
    rmSync(join(archive, name))
  }
  const manifest = names.find(name => name.endsWith('.manifest'))!
  const text = readFileSync(join(archive, manifest), 'latin1').replace(
    /(Volume (\d+):[\s\S]*?Hash SHA1 )[0-9a-f]+/g,
    (_, before: string, volume: string) => before + hashes.get(Number(volume)),
  )
  encrypt(Buffer.from(text, 'latin1'), join(archive, `${manifest}.gpg`))
  rmSync(join(archive, manifest))
}
