import { readFileSync } from 'node:fs'

/** The names of the accounts of this host, as far as it keeps them itself (passwd(5)). */
export const accountNames = (): string[] =>
  readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .flatMap(line => /^([\w.-]+):/.exec(line)?.[1] ?? [])
