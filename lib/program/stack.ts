import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { dirname, resolve } from 'node:path'

/** The stack of an error, in lines of the sources where it came from a bundle (lib/bundle.ts). */
export function stackOf({ stack = '' }: Error): string {
  const maps = new Map<string, SourceMap>()
  return stack.replace(/(\/[^\s():]+\.cjs):(\d+):(\d+)/g, (place, file: string, line: string, column: string) => {
    try {
      const map = maps.get(file) ?? new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')))
      maps.set(file, map)
      const origin = map.findOrigin(Number(line), Number(column))
      return 'fileName' in origin
        ? `${resolve(dirname(file), origin.fileName)}:${origin.lineNumber}:${origin.columnNumber}`
        : place
    } catch {
      return place // a package's own file, which has no map
    }
  })
}
