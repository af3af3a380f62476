import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { messageOf } from '../core/wording.ts'

/** Seconds that an inventory may take: it is data. */
const PATIENCE = 10

/** Runs in the thread: what the file gives, or why it gives nothing. */
const CODE = `
const { parentPort, workerData } = require('node:worker_threads')
const send = result => { try { parentPort.postMessage(result) } catch (error) { parentPort.postMessage({ error: String(error) }) } }
import(workerData).then(module => send({ fields: module.default }), error => send({ error: error?.message ?? String(error) }))
`

type Evaluated = { readonly fields: unknown } | { readonly error: string }

/** An inventory's default export, as data. It runs in a thread, which ends with it. @throws what is wrong with it */
export async function evaluate(path: string, code: string): Promise<unknown> {
  refuseFieldsGivenTwice(code)
  const thread = new Worker(CODE, { eval: true, workerData: pathToFileURL(path).href })
  try {
    const result = await new Promise<Evaluated>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`it did not end within ${PATIENCE} s; an inventory is data`)),
        PATIENCE * 1000,
      )
      thread.once('message', resolve)
      thread.once('error', error => reject(new Error(messageOf(error))))
      thread.once('exit', () => reject(new Error('it ends the program that reads it, or waits for something that never comes')))
      thread.once('exit', () => clearTimeout(timer)).once('message', () => clearTimeout(timer))
    })
    if ('error' in result) throw new Error(result.error)
    return result.fields
  } finally {
    await thread.terminate()
  }
}

/** Tokens of a program. Texts, comments and patterns are one token each. */
const TOKEN = new RegExp(
  [
    String.raw`//[^\n]*`,
    String.raw`/\*[\s\S]*?\*/`,
    ...["'", '"', '`'].map(quote => String.raw`${quote}(?:[^${quote}\\]|\\[\s\S])*${quote}`),
    // a pattern stands where a value begins, and what divides does not
    String.raw`(?<=[=(,:;!&|?{}[\n]\s*)/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*`,
    String.raw`[\w$]+`,
    String.raw`\S`,
  ].join('|'),
  'g',
)

/** @throws for a field that an object is given twice */
export function refuseFieldsGivenTwice(code: string): void {
  const [twice] = fieldsGivenTwice(code)
  if (twice) throw new Error(`"${twice.name}" is given twice in one object, the second time in line ${twice.line}`)
}

/** Fields that an object is given twice, of which JavaScript silently takes the last; each with its line. */
export function fieldsGivenTwice(code: string): readonly { readonly name: string; readonly line: number }[] {
  const found: { name: string; line: number }[] = []
  const open: (Set<string> | undefined)[] = []
  const tokens = [...code.matchAll(TOKEN)].filter(([text]) => !/^\/[/*]/.test(text))
  for (const [at, { 0: text, index }] of tokens.entries()) {
    if (text === '{') open.push(new Set())
    else if (text === '(' || text === '[') open.push(undefined)
    else if (text === '}' || text === ')' || text === ']') open.pop()
    const names = open.at(-1)
    const isFirst = ['{', ','].includes(tokens[at - 1]?.[0] ?? '')
    if (names === undefined || !isFirst || tokens[at + 1]?.[0] !== ':' || !/^[\w$'"]/.test(text)) continue
    const name = text.replace(/^(['"])(.*)\1$/s, '$2')
    if (names.has(name)) found.push({ name, line: code.slice(0, index).split('\n').length })
    names.add(name)
  }
  return found
}
