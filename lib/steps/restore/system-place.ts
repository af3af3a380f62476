import { isWithin } from '../../core/within.ts'
import type { Host } from '../../inventory/schema.ts'

/** The folder of certificates or of the web server's configuration that a path lies in; undefined for any other. */
export const systemFolderOf = ({ certificates, webServer }: Host, path: string): string | undefined =>
  [certificates, webServer?.folder].find(folder => folder !== undefined && isWithin(path, folder))

/** Whether a path is one of certificates or of the web server's configuration. */
export const isOfSystem = (host: Host, path: string): boolean => systemFolderOf(host, path) !== undefined
