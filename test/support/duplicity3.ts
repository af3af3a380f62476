import { execFile } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/**
 * The folder whose `duplicity` is Debian 13's (3.0.4), for the front of PATH; unpacked when missing, which takes 20 s and the network once.
 * It sees the machine's own files, except that /usr is Debian 13's: gpg and Python too. A gpg-agent that it starts is of Debian 13 as
 * well, so give it a GNUPGHOME of its own and end it with `gpgconf --kill gpg-agent`.
 * @throws with what failed, when it cannot be unpacked
 */
export async function duplicity3(): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', [join(import.meta.dirname, 'debian13.sh')])
  return stdout.trim()
}

/** An environment in which `duplicity` is 3.0.4. */
export async function withDuplicity3(env: NodeJS.ProcessEnv = process.env): Promise<NodeJS.ProcessEnv> {
  return { ...env, PATH: [await duplicity3(), env.PATH].join(delimiter) }
}
