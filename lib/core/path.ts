/** Whether a path is a folder itself or lies in it; both without links. */
export const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)

/** Whether a path is a mount point, by the text of `mountinfo` (proc(5)). */
export const isMountPoint = (mountInfo: string, path: string): boolean => mountPoints(mountInfo).includes(withoutSlash(path))

/** The mount points at a path or below it, by the same text. The path has no links in it: the table has none either. */
export function mountsWithin(mountInfo: string, path: string): readonly string[] {
  const wanted = withoutSlash(path)
  const below = wanted === '/' ? wanted : `${wanted}/`
  return mountPoints(mountInfo).filter(point => point === wanted || point.startsWith(below))
}

/** The mount points that are passed on the way from a folder, which is not one of them, down to a path in it. */
export function mountsOnTheWay(mountInfo: string, folder: string, path: string): readonly string[] {
  return mountsWithin(mountInfo, folder).filter(
    point => point !== withoutSlash(folder) && withoutSlash(path).startsWith(`${point}/`),
  )
}

const mountPoints = (mountInfo: string): string[] =>
  mountInfo.split('\n').flatMap(line => decodeOctal(line.split(' ')[4] ?? '') || [])

const withoutSlash = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path)

const decodeOctal = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
