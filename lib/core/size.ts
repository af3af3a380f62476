const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']

/** A size for people, to three digits: `512 bytes`, `1.20 GB`, `34.5 MB`, `340 MB`; `? MB` when it is not known. */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return '? MB'
  if (bytes < 0) return `-${formatBytes(-bytes)}`
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const value = bytes / 1000 ** step
  const decimals = step === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(decimals)} ${units[step]}`
}

/** What is free and what is required, as every check of disk space says it: `84.8 GB free, 1.00 GB required`. */
export const spaceText = (free: number, required: number): string =>
  `${formatBytes(free)} free, ${formatBytes(required)} required`
