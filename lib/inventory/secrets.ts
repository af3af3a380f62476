import { readFileSync, statSync } from 'node:fs'
import { parse } from 'dotenv'
import { BadInput } from '../core/bad-input.ts'
import { Secret } from '../core/secret.ts'
import { shellWord } from '../core/task-command.ts'
import { problemsOfEnv } from './env-file.ts'
import type { Host } from './schema.ts'

/** The variables of a `.env`. They never enter this process's environment: no command inherits them. */
export type Secrets = ReadonlyMap<string, Secret>

/** Reads a `.env`, if there is one (S40). @throws {BadInput} when others can read it, or a value is ambiguous */
export function readSecrets(file: string): Secrets {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (!stat) return new Map()
  if (!stat.isFile()) throw new BadInput(`${file} is no file: wanted one with lines such as NAME=secret`)
  const mode = (stat.mode & 0o777).toString(8)
  if ((stat.mode & 0o077) !== 0)
    throw new BadInput(`${file} has mode ${mode}: others can read the secrets in it; wanted 600 (chmod 600 ${shellWord(file)})`)
  const me = process.geteuid?.()
  if (me !== undefined && stat.uid !== me)
    throw new BadInput(`${file} belongs to user ${stat.uid}; wanted user ${me}, who runs this`)
  const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '')
  const wrong = problemsOfEnv(text).map(({ line, name, problem }) => `  line ${line}, ${name}: ${problem}`)
  if (wrong.length > 0) throw new BadInput(`${file}: values that are not what they look like\n${wrong.join('\n')}`)
  return new Map(Object.entries(parse(text)).map(([name, value]) => [name, new Secret(value)]))
}

/** The names of all variables that this inventory needs, with the field that asks for each. */
export function secretNamesOf(host: Host): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  if (host.encryption.kind === 'passphrase') names.set(host.encryption.secret, 'encryption.secret')
  if (host.encryption.kind === 'gpg' && host.encryption.secret) names.set(host.encryption.secret, 'encryption.secret')
  if (host.archive.kind === 'url') for (const name of host.archive.env) names.set(name, 'archive.env')
  if (host.mail?.by.kind === 'smtp' && host.mail.by.secret) names.set(host.mail.by.secret, 'mail.by.secret')
  if (host.pings?.secret) names.set(host.pings.secret, 'pings.secret')
  for (const [site, { database }] of Object.entries(host.sites))
    if (database) names.set(database.secret, `sites.${site}.database.secret`)
  return names
}

/** @throws {BadInput} when a variable that the inventory names is missing, or a generated passphrase is none */
export function checkSecrets(host: Host, secrets: Secrets, file: string): void {
  for (const [name, field] of secretNamesOf(host)) {
    if (!secrets.get(name)?.reveal().trim())
      throw new BadInput(
        `${file} has ${secrets.get(name)?.reveal() ? 'nothing but blanks in' : 'no'} ${name}, which ${field} of host "${host.name}" names`,
      )
  }
  if (host.encryption.kind !== 'passphrase' || !host.encryption.generated) return
  const text = secrets.get(host.encryption.secret)!.reveal()
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new BadInput(
      `${host.encryption.secret} in ${file} is not 64 hex digits: say "generated" only of a passphrase that npm run setup made`,
    )
  }
}

/** A variable that {@link checkSecrets} has found to be there. */
export function secretOf(secrets: Secrets, name: string): Secret {
  const secret = secrets.get(name)
  if (!secret) throw new BadInput(`no ${name} in .env`)
  return secret
}
