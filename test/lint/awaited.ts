/**
 * Finds promises that nobody awaits: work that would run on behind its step's back, and whose failure would be lost. It asks the compiler for types, so
 * that it sees commands (tagged templates) and the project's own functions alike. Run by `npm run check`; given files it says what it finds in these.
 */
import { relative } from 'node:path'
import { type Expression, type Node, SyntaxKind } from 'typescript/unstable/ast'
import * as is from 'typescript/unstable/ast/is'
import { API, type Checker, SignatureKind, type Type } from 'typescript/unstable/sync'

/** A place in a file, and what is wrong there. */
export interface Dropped {
  readonly file: string
  readonly line: number
  readonly text: string
}

/** The promises that are dropped in the files of a project. @param config its tsconfig.json */
export function droppedPromises(config: string, isMeant: (file: string) => boolean): Dropped[] {
  const api = new API({ cwd: import.meta.dirname })
  try {
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects()
    const { program, checker } = project!
    return program
      .getSourceFileNames()
      .filter(isMeant)
      .flatMap(file => {
        const source = program.getSourceFile(file)!
        const nodes = [...nodesIn(source)]
        const dropped = nodes.flatMap(valuesDropped).filter(value => !isKeptElsewhere(value))
        const types = checker.getTypeAtLocation(dropped)
        const faults = [
          ...dropped.filter((_, index) => isPromise(types[index], checker)),
          ...nodes.filter(node => (is.isArrowFunction(node) || is.isFunctionExpression(node)) && isMisused(node, checker)),
        ]
        const lineOf = (node: Node): number => source.text.slice(0, node.getStart(source)).split('\n').length
        return faults.map(node => ({ file, line: lineOf(node), text: node.getText(source).replaceAll(/\s+/g, ' ') }))
      })
  } finally {
    api.close()
  }
}

function* nodesIn(node: Node): Generator<Node> {
  yield node
  const children: Node[] = []
  node.forEachChild(child => void children.push(child))
  for (const child of children) yield* nodesIn(child)
}

/** The values that a statement, or `void`, makes and lets go. */
function valuesDropped(node: Node): readonly Expression[] {
  return is.isExpressionStatement(node) || is.isVoidExpression(node) ? partsOf(node.expression) : []
}

/** What an expression may come to: both sides of a choice, and what is in a list. */
function partsOf(value: Expression): readonly Expression[] {
  if (is.isVoidExpression(value)) return []
  if (is.isParenthesizedExpression(value)) return partsOf(value.expression)
  if (is.isConditionalExpression(value)) return [...partsOf(value.whenTrue), ...partsOf(value.whenFalse)]
  if (is.isArrayLiteralExpression(value)) return value.elements.flatMap(partsOf)
  if (!is.isBinaryExpression(value)) return [value]
  const isAssigned =
    value.operatorToken.kind >= SyntaxKind.FirstAssignment && value.operatorToken.kind <= SyntaxKind.LastAssignment
  return isAssigned ? [] : [...partsOf(value.left), ...partsOf(value.right)]
}

/** `name.catch(…)`: who holds the promise by its name awaits it later, and its failure is heard then. */
function isKeptElsewhere(value: Expression): boolean {
  const called = is.isCallExpression(value) ? value.expression : undefined
  return (
    called !== undefined &&
    is.isPropertyAccessExpression(called) &&
    is.isIdentifier(called.expression) &&
    called.name.text === 'catch'
  )
}

/** Whether a value is a promise, may be one, or is a list of such. */
function isPromise(type: Type | undefined, checker: Checker): boolean {
  if (type === undefined) return false
  if (type.isUnionType()) return type.getTypes().some(one => isPromise(one, checker))
  if (checker.isArrayLikeType(type) && type.isTypeReference())
    return checker.getTypeArguments(type).some(one => isPromise(one, checker))
  return type.getSymbol()?.name === 'Promise'
}

const JUDGES = ['every', 'some', 'filter', 'find', 'findIndex', 'findLast', 'sort', 'toSorted']

/** Whether a function that gives a promise stands where nobody takes one: `forEach`, a timer, a test of `filter`. */
function isMisused(node: Expression, checker: Checker): boolean {
  if (!returnsOf(checker.getTypeAtLocation(node), checker).some(type => isPromise(type, checker))) return false
  const called = is.isCallExpression(node.parent) ? node.parent.expression : undefined
  if (called !== undefined && is.isPropertyAccessExpression(called) && JUDGES.includes(called.name.text)) return true
  const wanted = returnsOf(checker.getContextualType(node), checker)
  return wanted.length > 0 && wanted.every(type => type === checker.getVoidType())
}

function returnsOf(type: Type | undefined, checker: Checker): readonly Type[] {
  if (type === undefined) return []
  const each = type.isUnionType() ? type.getTypes() : [type]
  return each
    .flatMap(one => checker.getSignaturesOfType(one, SignatureKind.Call))
    .flatMap(signature => checker.getReturnTypeOfSignature(signature) ?? [])
}

if (import.meta.main) {
  const root = `${import.meta.dirname.slice(0, -'/test/lint'.length)}/`
  const found = droppedPromises(`${root}tsconfig.json`, file => /^(lib|tasks)\//.test(file.slice(root.length)))
  for (const { file, line, text } of found)
    console.error(
      `${relative(process.cwd(), file)}:${line}: a promise that nobody awaits, its failure would be lost: ${text.slice(0, 100)}`,
    )
  process.exitCode = found.length === 0 ? 0 : 1
}
