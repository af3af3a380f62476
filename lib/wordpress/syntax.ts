import { createRequire } from 'node:module'
import { Script } from 'node:vm'
import type PhpParser from 'php-parser'
import { ParseTimeout, WpConfigError } from './error.ts'

/** One file's size, in characters. A wp-config.php has some thousands; the parser takes seconds for millions. */
export const MAX_SOURCE = 256 * 1024
/** A guard against input that makes the parser slow or endless, in milliseconds. */
const MAX_PARSE_TIME = 5000

/** A node of php-parser's tree, as loosely typed as it comes: every reader below checks what it takes. */
export interface Node {
  readonly kind: string
  readonly [field: string]: unknown
}

const isNode = (field: unknown): field is Node => typeof field === 'object' && field !== null && 'kind' in field

/** The node in a field; undefined when the field holds none. */
export const nodeIn = (node: Node, field: string): Node | undefined => (isNode(node[field]) ? node[field] : undefined)

/** The nodes of a list in a field; empty when the field holds none. */
export const nodesIn = (node: Node, field: string): readonly Node[] => {
  const list = node[field]
  return Array.isArray(list) ? list.filter(isNode) : []
}

/** A list with its gaps, as in `[, $second] = …`. */
export const slotsIn = (node: Node, field: string): readonly (Node | undefined)[] => {
  const list = node[field]
  return Array.isArray(list) ? list.map(item => (isNode(item) ? item : undefined)) : []
}

/** The text in a field, or of the name node in it; empty when it is neither. */
export const textIn = (node: Node, field: string): string => {
  const held = node[field]
  return typeof held === 'string' ? held : isNode(held) && typeof held.name === 'string' ? held.name : ''
}

/** All nodes directly below. */
export const childrenOf = (node: Node): Node[] =>
  Object.values(node)
    .flatMap(field => (Array.isArray(field) ? field : [field]))
    .filter(isNode)

/** The line on which a node starts; 0 when the parser does not tell. */
export const lineOf = (node: Node): number => (node.loc as { start?: { line?: number } } | null)?.start?.line ?? 0

const parseOnce = new Script('parse()')
/** The parser, loaded with the first file that is read: a run without WordPress reads none. */
const phpParser = (): typeof PhpParser => createRequire(import.meta.url)('php-parser')

/**
 * The tree of a PHP file. Errors name the line and never quote the source: php-parser's own message quotes the token at
 * fault, which may be half a password. The parser runs inside node:vm only for vm's time limit.
 */
export function parsePhp(source: string, file: string): Node {
  if (source.length > MAX_SOURCE) throw new WpConfigError(file, 0, `${source.length} characters, at most ${MAX_SOURCE} are read`)
  const engine = new (phpParser().Engine)({
    parser: { extractDoc: false, suppressErrors: false },
    ast: { withPositions: true },
    lexer: { short_tags: false, asp_tags: false },
  })
  try {
    return parseOnce.runInNewContext({ parse: () => engine.parseCode(source, file) }, { timeout: MAX_PARSE_TIME }) as Node
  } catch (error) {
    throw refusal(error as { code?: unknown; lineNumber?: unknown }, file)
  }
}

function refusal(error: { code?: unknown; lineNumber?: unknown }, file: string): WpConfigError {
  if (error instanceof RangeError) return new WpConfigError(file, 0, 'nested too deeply to be read')
  if (error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return new ParseTimeout(file, 0, `not parsed within ${MAX_PARSE_TIME} ms`)
  const line = typeof error.lineNumber === 'number' ? error.lineNumber : 0
  return new WpConfigError(file, line, 'a PHP syntax error; wanted a file that PHP can run')
}
