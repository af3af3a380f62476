import { accountName, quoteName } from './sql.ts'

/**
 * What an account must be allowed to do with a database so that all of it can be dumped: who lacks one of these is not
 * shown what it is about.
 */
const WANTED = ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT'] as const

/**
 * Which of these rights an account lacks. Of an account with roles nothing is known.
 * @param grants what SHOW GRANTS says, a line each
 */
export function missingRights(grants: readonly string[], database: string): readonly string[] {
  const parsed = grants.map(line => /^GRANT (.*?) ON (\*\.\*|`(?:[^`]|``)*`\.\*) TO /.exec(line))
  if (grants.some(line => /^GRANT (?!.* ON )/.test(line))) return []
  const given = parsed.filter(found => found !== null && isFor(found[2]!, database)).flatMap(found => found![1]!.split(', '))
  return WANTED.filter(right => !given.includes(right) && !given.includes('ALL PRIVILEGES'))
}

function isFor(scope: string, database: string): boolean {
  if (scope === '*.*') return true
  const pattern = scope.slice(1, -'`.*'.length).replaceAll('``', '`')
  const source = pattern.replace(/\\([_%])|([_%])|[\\^$.*+?()[\]{}|/-]/g, (found, escaped?: string, wild?: string) =>
    escaped !== undefined ? escaped : wild === '_' ? '.' : wild === '%' ? '.*' : `\\${found}`,
  )
  return new RegExp(`^${source}$`, 'isu').test(database)
}

/** The statement by which an administrator gives them. @param account as CURRENT_USER() says: `user@host` */
export const grantStatement = (database: string, account: string): string =>
  `GRANT ${WANTED.join(', ')} ON ${quoteName(database)}.* TO ${accountName(account)}`
