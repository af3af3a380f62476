/**
 * A path as duplicity has it: bytes, one a character (latin1), so that names in any encoding keep their order. The root
 * is the empty text. Duplicity goes through a tree in the order of the parts of its paths: `a/z` comes before `a.b`,
 * and a folder before what is in it.
 * @returns less than 0 where `a` comes first, 0 where they are the same
 */
export function comparePaths(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)]
  const at = left.findIndex((part, index) => part !== right[index])
  if (at < 0) return left.length - right.length
  const other = right[at]
  return other === undefined || left[at]! > other ? 1 : -1
}

const partsOf = (path: string): string[] => (path === '' ? [] : path.split('/'))
