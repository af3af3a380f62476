import { posix } from 'node:path'
import { type BuiltIn, type Call, TEXT_FUNCTIONS } from './built-in-text.ts'
import { resolvePath, sourceOf } from './include.ts'
import { placeOf } from './reading.ts'
import { isUnknown, textOf, type Value } from './value.ts'
import { environment } from './variable.ts'

/** A function of a path in the world. */
const ofPath =
  (work: (source: string | undefined) => Value): BuiltIn =>
  ({ values: [path], call, frame }) => {
    const text = path === undefined ? undefined : textOf(path)
    if (!text) return text === '' ? false : undefined
    const source = sourceOf(call, resolvePath(text, frame), frame)
    return source === undefined || typeof source === 'string' ? work(source) : source
  }

function dirname({ values: [path, levels = 1] }: Call): Value | undefined {
  let text = path === undefined ? undefined : textOf(path)
  if (text === undefined || typeof levels !== 'number' || levels < 1) return undefined
  for (let level = 0; level < levels && text !== '/' && text !== '.'; level += 1) text = posix.dirname(text)
  return text
}

function define({ values: [name, value = null], call, frame }: Call): Value | undefined {
  const text = name === undefined ? undefined : textOf(name)
  if (text === undefined) return undefined
  const known = frame.reading.constants.get(text)
  frame.reading.define(text, value, placeOf(call, frame))
  return known?.perhaps ? known.value : !known
}

function defined({ values: [name], frame }: Call): Value | undefined {
  const text = name === undefined ? undefined : textOf(name)
  if (text === undefined) return undefined
  const known = frame.reading.constants.get(text)
  return known?.perhaps ? known.value : known ? true : (frame.reading.barrier ?? false)
}

function getenv({ values: [name], call, frame }: Call): Value | undefined {
  const text = name === undefined ? undefined : textOf(name)
  return text === undefined ? undefined : (environment('getenv', text, call, frame) ?? false)
}

function putenv({ values: [setting], frame }: Call): Value | undefined {
  const found = /^([^=]+)=([\s\S]*)$/.exec((setting === undefined ? undefined : textOf(setting)) ?? '')
  if (!found) return undefined
  frame.reading.written.set(`getenv[${found[1]}]`, found[2]!)
  return true
}

/** The helper of WordPress's Docker image where its text is not in the file: NAME_FILE's content, else NAME, else the default. */
function getenvDocker(call: Call): Value | undefined {
  const name = textOf(call.values[0] ?? null)
  if (name === undefined) return undefined
  const file = environment('getenv', `${name}_FILE`, call.call, call.frame) ?? ''
  if (isUnknown(file)) return file
  if (file !== '') return FILES.file_get_contents!({ ...call, values: [file] })
  return environment('getenv', name, call.call, call.frame) ?? call.values[1]
}

function functionExists({ values: [name], frame }: Call): Value | undefined {
  const text = name === undefined ? undefined : textOf(name)?.toLowerCase()
  if (text === undefined) return undefined
  if (frame.reading.functions.has(text)) return true
  if (text === 'getenv_docker' || frame.reading.declared.has(text)) return false
  return Object.hasOwn(BUILT_INS, text) ? true : undefined
}

const FILES: Readonly<Record<string, BuiltIn>> = {
  file_exists: ofPath(source => source !== undefined),
  is_file: ofPath(source => source !== undefined),
  is_readable: ofPath(source => source !== undefined),
  file_get_contents: ofPath(source => source ?? false),
}

/** PHP's own functions that are computed here: all pure, or about what the reading knows. */
export const BUILT_INS: Readonly<Record<string, BuiltIn>> = {
  ...FILES,
  define,
  defined,
  constant: ({ values: [name = null], frame }) => frame.reading.constants.get(textOf(name) ?? '')?.value,
  getenv,
  putenv,
  getenv_docker: getenvDocker,
  function_exists: functionExists,
  dirname,
  realpath: ({ values: [path = null], frame }) => (textOf(path) ? resolvePath(textOf(path)!, frame) : undefined),
  ...TEXT_FUNCTIONS,
}
