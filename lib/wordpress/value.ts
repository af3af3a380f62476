/** A place in a PHP file. */
export interface Place {
  readonly file: string
  readonly line: number
}

/** A value that only running the program could tell: where it comes from, and a name for it that shows no value. */
export class Unknown {
  readonly what: string
  readonly place: Place

  constructor(what: string, place: Place) {
    this.what = what
    this.place = place
  }
}

/** A PHP array: keys as text (PHP turns '1' into 1; here 1 becomes '1', which finds the same element). */
export type PhpArray = ReadonlyMap<string, Value>

/** What a PHP expression gives here. Integers and floats share JavaScript's number. */
export type Value = string | number | boolean | null | PhpArray | Unknown

export const isUnknown = (value: Value): value is Unknown => value instanceof Unknown
const isArray = (value: Value): value is PhpArray => value instanceof Map

/** PHP's string conversion; undefined when it cannot be told (unknown, array, a number that PHP prints in its own way). */
export function textOf(value: Value): string | undefined {
  if (typeof value === 'string') return value
  if (value === true) return '1'
  if (value === false || value === null) return ''
  return typeof value === 'number' ? numberText(value) : undefined
}

/** As PHP prints it with `precision` 14; undefined where PHP would write an exponent or round. */
function numberText(number: number): string | undefined {
  const text = String(number)
  if (Number.isSafeInteger(number)) return Object.is(number, -0) ? undefined : text
  return text.includes('e') || Number(number.toPrecision(14)) !== number || Math.abs(number) < 1e-4 ? undefined : text
}

/** PHP's truth of a value; undefined when unknown. */
export function truthOf(value: Value): boolean | undefined {
  if (isUnknown(value)) return undefined
  if (isArray(value)) return value.size > 0
  return value !== null && value !== false && value !== '' && value !== '0' && value !== 0
}

/** PHP's `===`; undefined when unknown. */
export function identical(left: Value, right: Value): boolean | undefined {
  if (isUnknown(left) || isUnknown(right)) return undefined
  if (isArray(left) && isArray(right)) return left === right ? true : undefined
  return left === right
}

/** PHP 8's `==`; undefined when unknown. Source: https://www.php.net/manual/en/language.operators.comparison.php */
export function equal(left: Value, right: Value): boolean | undefined {
  if (isUnknown(left) || isUnknown(right)) return undefined
  const oneIsTruth = typeof left === 'boolean' || typeof right === 'boolean'
  if (oneIsTruth || left === null || right === null) return equalToNull(left, right) ?? truthOf(left) === truthOf(right)
  if (isArray(left) || isArray(right)) return isArray(left) && isArray(right) ? identical(left, right) : false
  const [a, b] = [numeric(left), numeric(right)]
  if (a !== undefined && b !== undefined) return a === b
  const [leftText, rightText] = [textOf(left), textOf(right)]
  return leftText === undefined || rightText === undefined ? undefined : leftText === rightText
}

/** null equals a string only when that is empty: '0' is false, and yet not equal to null. */
function equalToNull(left: Value, right: Value): boolean | undefined {
  if (left === null && typeof right === 'string') return right === ''
  return right === null && typeof left === 'string' ? left === '' : undefined
}

const NUMERIC = /^[ \t\n\r\v\f]*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?[ \t\n\r\v\f]*$/

const numeric = (value: string | number): number | undefined =>
  typeof value === 'number'
    ? value
    : NUMERIC.test(value)
      ? Number(value.replace(/^[ \t\n\r\v\f]+|[ \t\n\r\v\f]+$/g, ''))
      : undefined
