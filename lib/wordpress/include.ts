import { posix } from 'node:path'
import { doubtEverything } from './doubt.ts'
import { ParseTimeout, WpConfigError } from './error.ts'
import { type Frame, placeOf, Stop, unknown } from './reading.ts'
import { runProgram } from './run.ts'
import { type Node, parsePhp } from './syntax.ts'
import { textOf, type Value } from './value.ts'
import { messageOf } from './variable.ts'

/**
 * `include`, `require` and their `_once` forms: the file's statements are read in the including frame. A file that cannot
 * be read leaves all that it may have defined unknown. A missing file is nothing to `include`, and an error to `require`.
 */
export function includeFile(node: Node, target: Value, frame: Frame): Value {
  const text = textOf(target)
  if (!text) return opaque(node, frame, unknown('a file included by a path that is not known', node, frame, target))
  const path = resolvePath(text, frame)
  if (posix.basename(path) === 'wp-settings.php') throw new Stop(placeOf(node, frame))
  if (node.once === true && frame.reading.included.has(path)) return true
  const source = sourceOf(node, path, frame)
  if (source === undefined) return missing(node, path, frame)
  if (typeof source !== 'string') return opaque(node, frame, source)
  frame.reading.included.add(path)
  frame.reading.countFile(source, placeOf(node, frame))
  const program = parsed(source, path)
  if (program instanceof WpConfigError)
    return opaque(node, frame, unknown(`a file that cannot be read (${program.message})`, node, frame))
  return frame.reading.deeper(placeOf(node, frame), () => runProgram(program, path, frame))
}

function parsed(source: string, path: string): Node | WpConfigError {
  try {
    return parsePhp(source, path)
  } catch (error) {
    if (error instanceof WpConfigError && !(error instanceof ParseTimeout)) return error
    throw error
  }
}

/** A path as PHP would open it: a relative one is taken from the folder of the file that names it. */
export const resolvePath = (path: string, frame: Frame): string => posix.resolve(posix.dirname(frame.file), path)

/** What the world gives for a path: text, undefined when missing, or an Unknown when it refuses. */
export function sourceOf(node: Node, path: string, frame: Frame): Value | undefined {
  try {
    return frame.reading.world.include(path)
  } catch (error) {
    return unknown(`a file that may not be read (${messageOf(error, frame)})`, node, frame)
  }
}

function opaque(node: Node, frame: Frame, reason: Value): Value {
  doubtEverything(unknown('a file included', node, frame, reason), frame)
  return reason
}

function missing(node: Node, path: string, frame: Frame): Value {
  if (node.require !== true) return false
  const { file, line } = placeOf(node, frame)
  throw new WpConfigError(file, line, `requires ${frame.reading.redact(path)}, which does not exist`)
}
