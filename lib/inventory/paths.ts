import { z } from 'zod'

/** A path from the root of the machine. */
export const absolutePath = z.string().regex(/^\/[^\0]*$/, 'wanted an absolute path, such as /srv/www/vhosts')

/** A path inside the archive. */
export const relativePath = z
  .string()
  .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\0]*$/, 'wanted a path inside the archive, without / in front and without ..')

/** Where Holdfast keeps its own things on a host. */
export const paths = z.strictObject({
  state: absolutePath.default('/var/lib/holdfast'),
  cache: absolutePath.default('/var/cache/holdfast'),
  logs: absolutePath.default('/var/log/holdfast'),
  run: absolutePath.default('/run/holdfast'),
})
