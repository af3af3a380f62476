import { z } from 'zod'

/** A path from the root of the machine, to something that is on a disk. */
export const absolutePath = z
  .string()
  .regex(/^\/\P{Cc}*$/u, 'wanted an absolute path, such as /srv/www/vhosts, without control characters')
  .regex(/^(?!\/+(proc|sys|dev(?!\/+shm\/))(\/|$))/, "wanted a path that is on a disk: /proc, /sys and /dev are the kernel's own")

/** A path inside the archive. */
export const relativePath = z
  .string()
  .regex(
    /^(?!\/)(?!.*(^|\/)\.\.(\/|$))\P{Cc}*$/u,
    'wanted a path inside the archive, without / in front, without .. and without control characters',
  )

/** A command. */
export const words = z.array(z.string()).min(1).describe('A command as a list of words; no shell reads it')

/** The name of a secret, which itself stands in .env. */
export const secretName = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]*$/, 'wanted the NAME of a variable in .env (capitals, digits, _), never the secret itself')
  .describe('Name of a variable in .env')

/** The name of a unit of systemd. */
export const unit = z.string().regex(/^[A-Za-z0-9:_.\\@-]+$/, 'wanted the name of a systemd unit')

export const seconds = z.number().positive()

/** Where Holdfast keeps its own things on a host. */
export const paths = z.strictObject({
  state: absolutePath.default('/var/lib/holdfast'),
  cache: absolutePath.default('/var/cache/holdfast'),
  logs: absolutePath.default('/var/log/holdfast'),
  run: absolutePath.default('/run/holdfast'),
})
