import { linesIn, piecesOf } from './dump-file.ts'
import { partName } from './dump-parts.ts'
import { type DumpParts, StatementReader } from './statements.ts'

/** Which part begins with a statement, by its text as latin1; undefined where the one before it goes on. */
type BeginsPart = (statement: string) => string | undefined

/** How a dump is taken apart. */
export interface Splitting {
  /** The part of what comes before any other. */
  readonly first: string
  readonly begins: BeginsPart
  /** Takes what belongs to a part, piece by piece. */
  readonly take: (part: string, bytes: Buffer) => void
  /** Sees all of it besides. */
  readonly look?: DumpParts
}

/**
 * Takes what a client of MariaDB prints apart into the parts of a dump, as it comes. A part begins with a statement,
 * and with the comments before it: what looks like one within a text, a name or a row begins none.
 * @returns its last line
 */
export async function splitDump(
  output: AsyncIterable<Buffer>,
  { first, begins, take, look }: Splitting,
): Promise<Buffer | undefined> {
  let part = first
  const comments: Buffer[] = []
  let pieces: { readonly part: string; readonly bytes: Buffer[] }[] = []
  const add = (bytes: Buffer): void => {
    if (pieces.at(-1)?.part !== part) pieces.push({ part, bytes: [] })
    pieces.at(-1)!.bytes.push(...comments.splice(0), bytes)
  }
  const reader = new StatementReader({
    line: line => {
      look?.line(line)
      add(line)
    },
    remark: line => {
      comments.push(line)
    },
    statement: text => {
      look?.statement(text)
      part = begins(text) ?? part
      add(Buffer.from(text, 'latin1'))
    },
  })
  const takeAll = (): void => {
    for (const { part: of, bytes } of pieces) for (const piece of piecesOf(bytes)) take(of, piece)
    pieces = []
  }
  let last: Buffer | undefined
  for await (const lines of linesIn(output)) {
    for (const line of lines) reader.take(line)
    takeAll()
    last = lines.at(-1) ?? last
  }
  reader.end()
  for (const line of comments.splice(0)) add(line)
  takeAll()
  return last
}

const NAME = '`((?:[^`]|``)+)`'
const DROP = new RegExp(`^DROP (TABLE|SEQUENCE) IF EXISTS ${NAME};`)
const UPDATE = new RegExp(`^UPDATE ${NAME} SET `)
/** A view that was made while the tables were dumped is none of them; rows of an earlier dump were added at the end. */
const END = /^(?:\/\*!40103 SET TIME_ZONE=@OLD_TIME_ZONE|\/\*!50001 DROP VIEW |SET @holdfast_|SET sql_mode = @holdfast_)/

/** How the parts begin of what mariadb-dump and mysqldump write of tables and sequences. */
export const beginsTable: BeginsPart = statement => {
  if (END.test(statement)) return partName('end')
  const [, kind, name] = DROP.exec(statement) ?? []
  return name === undefined ? undefined : partName(kind === 'TABLE' ? 'table' : 'sequence', unquoted(name))
}

/** How the parts begin of statements that set FLOATs anew. */
export const beginsFloats: BeginsPart = statement => {
  const name = UPDATE.exec(statement)?.[1]
  return name === undefined ? undefined : partName('floats', unquoted(name))
}

const unquoted = (name: string): string => Buffer.from(name.replaceAll('``', '`'), 'latin1').toString()
