/** A folder as the URL by which duplicity finds it, whatever its name: each part percent-encoded. */
export const fileUrl = (folder: string): string => `file://${folder.split('/').map(encodeURIComponent).join('/')}`

/** A URL for one site below the archive's. */
export const siteUrl = (base: string, site: string): string => `${base.replace(/\/+$/, '')}/${encodeURIComponent(site)}`

/** The folder of this machine that a URL means; undefined where it means another place. */
export const folderOfUrl = (url: string): string | undefined =>
  url.startsWith('file://') ? decodeURIComponent(url.slice('file://'.length)) : undefined

/** What the programs behind a URL's scheme look for in the home of whoever runs them: keys, known hosts, settings. */
const IN_HOME: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(pexpect\+|paramiko\+|lftp\+)?(sftp|scp|ssh|fish|rsync)$/, ['.ssh', '.netrc']],
  [/^(lftp\+|ncftp\+)?(ftps?|ftpes|https?|webdavs?)$/, ['.netrc']],
  [/^(boto3\+|s3\+)?(s3|http)$/, ['.aws', '.boto']],
  [/^(boto\+)?gs$/, ['.boto', '.gsutil']],
  [/^rclone$/, ['.config/rclone']],
]

/** Files and folders, relative to the home, that duplicity needs for a URL. The inventory names others. */
export function filesInHome(url: string): readonly string[] {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')))
  return IN_HOME.find(([pattern]) => pattern.test(scheme))?.[1] ?? []
}
