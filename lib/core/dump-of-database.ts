/** A dump of a set. */
export interface FoundDump {
  readonly name: string
  /** The database that it says it was made of; undefined where it does not say. */
  readonly database: string | undefined
}

/**
 * Which dump is that of which database: the first that says so. The site's own one can have another name here than
 * where it was dumped: it takes the first dump that is of none of the others.
 * @param own which of them is the site's own one; undefined where that is in no dump
 * @param dumps that of the site's own one, where it was dumped, first
 */
export function dumpsByDatabase(
  databases: readonly string[],
  own: string | undefined,
  dumps: readonly FoundDump[],
): ReadonlyMap<string, string> {
  const named = databases.map(database => [database, dumps.find(dump => dump.database === database)?.name] as const)
  const [first] = dumps
  const isFree = first !== undefined && !databases.includes(first.database ?? '')
  const found = named.map(
    ([database, name]) => [database, name ?? (database === own && isFree ? first.name : undefined)] as const,
  )
  return new Map(found.filter((pair): pair is readonly [string, string] => pair[1] !== undefined))
}
