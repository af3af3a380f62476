import { readFileSync } from 'node:fs'
import type { TarMember } from '../duplicity/tar.ts'

/** Finds the owner and the group of a member on this machine, as duplicity does: by name, else by number. */
export type OwnersOf = (member: Pick<TarMember, 'user' | 'group' | 'uid' | 'gid'>) => {
  readonly uid: number
  readonly gid: number
}

/** The users and groups of /etc/passwd and /etc/group. */
export function localOwners(): OwnersOf {
  const [users, groups] = ['/etc/passwd', '/etc/group'].map(numbersIn) as [Numbers, Numbers]
  return ({ user, group, uid, gid }) => ({ uid: users.get(user) ?? uid, gid: groups.get(group) ?? gid })
}

type Numbers = ReadonlyMap<string, number>

/** Of several lines of one name the first holds. */
function numbersIn(file: string): Numbers {
  const lines = readFileSync(file, 'latin1').split('\n').toReversed()
  return new Map(
    lines
      .map(line => line.split(':'))
      .filter(([name, , number]) => name !== '' && /^\d+$/.test(number ?? ''))
      .map(([name = '', , number]) => [name, Number(number)]),
  )
}
