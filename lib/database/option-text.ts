import type { DatabaseAccess } from '../core/database-access.ts'

/** The options by which a MariaDB client reaches a site's database, as that site. The password is revealed: for a file of mode 600 only. */
export function clientOptions(access: DatabaseAccess, localSocket: string | undefined): ReadonlyMap<string, string> {
  const { address } = access
  const socket = address.kind === 'socket' ? address.path : address.kind === 'default' ? localSocket : undefined
  const reach: [string, string][] =
    address.kind === 'tcp'
      ? [
          ['protocol', 'tcp'],
          ['host', address.host],
          ['port', String(address.port)],
        ]
      : [['protocol', 'socket'], ...(socket === undefined ? [] : [['socket', socket] as [string, string]])]
  return new Map([...reach, ['user', access.user], ['password', access.password.reveal()]])
}

/**
 * The text of a MariaDB option file. Values stand in double quotes with backslash escapes, since an unquoted `#` begins a comment and outer
 * spaces are dropped (MariaDB: Configuring MariaDB with Option Files).
 * @throws when a value holds a NUL, which no option file can say
 */
export function optionFile(group: string, options: ReadonlyMap<string, string>): string {
  return [`[${group}]`, ...[...options].map(([name, value]) => `${name}="${escapeValue(value)}"`), ''].join('\n')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  "'": "\\'",
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
}

function escapeValue(value: string): string {
  if (value.includes('\0')) throw new Error('an option file cannot hold a NUL character')
  return value.replace(/[\\"'\n\r\t\b]/g, char => ESCAPES[char]!)
}
