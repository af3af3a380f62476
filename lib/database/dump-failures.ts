/** A table or view that could not be dumped. */
export interface Undumped {
  readonly name: string
  /** What the server said. */
  readonly error: string
  /** It may be there at the next try: it was altered, locked or dropped meanwhile. */
  readonly isPassing: boolean
}

/** What a dump that went on after errors said that it could not do. */
export interface DumpFailures {
  readonly undumped: readonly Undumped[]
  /** What was of no table or view: the dump as a whole failed. */
  readonly whole: string | undefined
}

/**
 * Altered (1412), waited for in vain (1205), a deadlock (1213), dropped (1146, 1051), too slow for a limit (1969):
 * MariaDB's error codes.
 */
const PASSING = ['1412', '1205', '1213', '1146', '1051', '1969']

/** The forms in which they tell an error: of rows that come, of a statement, of rows before the first comes. */
const WHEN_DUMPING = /(?:^|: )Error (?<code>\d+): (?<error>.*) when dumping table (?<about>`(?:[^`]|``)*`) at row: \d+$/
const STATEMENT = /(?:^|: )Couldn't execute '(?<about>.*)': (?<error>.*) \((?<code>\d+)\)$/
const QUERY = /(?:^|: )Got error: (?<code>\d+): "(?<error>.*)" when (?:retrieving data from server|executing (?<about>.*))$/
/** A history that is kept by transactions, not by times, is not dumped at all. */
const HISTORY = /(?:^|: )(?<error>Cannot use --dump-history for table (?<about>`(?:[^`]|``)*`) with transaction-precise history)$/

/**
 * Reads what mariadb-dump or mysqldump print on standard error when they are told to go on (`--force`).
 * @param names the tables and views of the database
 */
export function dumpFailures(said: string, names: readonly string[]): DumpFailures {
  const undumped = new Map<string, Undumped>()
  let whole: string | undefined
  for (const line of said.split('\n').filter(text => text.trim() !== '' && !/^(Warning: |.*\[Warning\])/.test(text))) {
    const failure = failureIn(line, names)
    if (failure === undefined) whole ??= line.replace(/^.*?: (?=Got error)/, '')
    else if (!undumped.has(failure.name)) undumped.set(failure.name, failure)
  }
  return { undumped: [...undumped.values()], whole }
}

function failureIn(line: string, names: readonly string[]): Undumped | undefined {
  const found = [WHEN_DUMPING, STATEMENT, QUERY, HISTORY]
    .map(form => form.exec(line)?.groups)
    .find(groups => groups !== undefined)
  const { code = '', error = '', about = '' } = found ?? {}
  if (found === undefined || isConnection(code)) return undefined
  const [name] = namedIn(about, names).concat(namedIn(error, names))
  return name === undefined ? undefined : { name, error, isPassing: PASSING.includes(code) }
}

/** Names that a statement or a message of the server has in quotes, the longest first. */
function namedIn(text: string, names: readonly string[]): string[] {
  const forms = (name: string): string[] => [`\`${name.replaceAll('`', '``')}\``, `'${name}'`, `.${name}'`, `/${name}'`]
  return names.filter(name => forms(name).some(form => text.includes(form))).toSorted((a, b) => b.length - a.length)
}

/** The server went away or lets nobody in: that is of no table. */
const isConnection = (code: string): boolean => /^(20\d\d|104[0459]|1053|1203|1226)$/.test(code)
