/**
 * Whether a path is a mount point, by the text of `/proc/self/mountinfo` (proc(5)): the fifth field, with spaces and the like as octal escapes.
 * Reading it never hangs, however dead the server behind a mount is.
 */
export function isMountPoint(mountInfo: string, path: string): boolean {
  const wanted = path.length > 1 ? path.replace(/\/+$/, '') : path
  return mountInfo.split('\n').some(line => decodeOctal(line.split(' ')[4] ?? '') === wanted)
}

const decodeOctal = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
