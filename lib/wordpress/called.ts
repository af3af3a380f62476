import type { Frame } from './reading.ts'
import { type Node, nodeIn, nodesIn, textIn } from './syntax.ts'

/** Callbacks given to these run later, or never: what they do is no part of the configuration. */
const LATER = /^(spl_autoload_register|register_shutdown_function|set_error_handler|set_exception_handler)$/

/** The name of the function called, in small letters; empty when it is not called by a plain name. */
export function calledName(call: Node): string {
  const what = nodeIn(call, 'what')
  return what?.kind === 'name' ? textIn(what, 'name').replace(/^.*\\/, '').toLowerCase() : ''
}

/** Whether an include's path ends with wp-settings.php as written, whatever stands before it: there WordPress begins. */
export function entersWordPress(include: Node): boolean {
  let target = nodeIn(include, 'target')
  while (target?.kind === 'bin') target = nodeIn(target, 'right')
  return (
    target !== undefined &&
    /(^|[\\/])wp-settings\.php['"]?$/.test(textIn(target, 'value') || textIn(target, 'raw').replace(/^["']/, ''))
  )
}

/** Whether a text given to a function that is not followed may be a callback by its name, as in `array_map('define', …)`. */
export const namesFunction = (text: string, frame: Frame): boolean =>
  /^(define|putenv)$/i.test(text) || frame.reading.functions.has(text.toLowerCase())

const isCallback = (node: Node): boolean => node.kind === 'closure' || node.kind === 'arrowfunc'

/** What the closures given to a call would do, if it called them. */
export const bodiesOfCallbacks = (call: Node): Node[] =>
  LATER.test(calledName(call))
    ? []
    : nodesIn(call, 'arguments')
        .filter(isCallback)
        .flatMap(callback => nodeIn(callback, 'body') ?? [])

/** A method may be a library's that fills the environment, such as Dotenv's. */
export const isMethod = (call: Node): boolean =>
  /^(static|property|nullsafeproperty)lookup$/.test(nodeIn(call, 'what')?.kind ?? '')
