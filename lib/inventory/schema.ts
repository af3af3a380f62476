import { z } from 'zod'
import { intervalSeconds, parseInterval } from '../core/age.ts'
import { parseDatabaseHost } from '../core/database-access.ts'
import { isHostName } from '../core/marker.ts'
import { check } from './check.ts'
import { deadlines, drillTime, duration } from './deadlines.ts'
import { desktop } from './desktop.ts'
import { absolutePath, paths, relativePath, seconds, secretName, unit, words } from './fields.ts'
import { addresses, nameServers, vpn } from './network.ts'
import { hooks, mail, metrics, pings } from './reporting.ts'

const intervalFrom = (least: number) =>
  z.string().refine(text => (intervalSeconds(text) ?? -1) >= least, 'wanted an interval such as 1M, 1W or 28D')
const interval = intervalFrom(1)

const mountedBy = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('unit'), unit }),
  z.strictObject({ kind: z.literal('fstab') }),
  z.strictObject({ kind: z.literal('commands'), up: words, down: words }),
])

const expectations = {
  owner: z.int().min(0).optional().describe('User id that the root of the share must have'),
  group: z.int().min(0).optional().describe('Group id that the root of the share must have'),
  links: z.int().min(1).optional().describe('Link count that the root of the share must have'),
  maxSize: z.int().min(0).optional().describe('Size in bytes that the entry of the root of the share must stay below'),
  identity: z.uuid().optional().describe('What .holdfast-identity in the archive must hold; trusted on first use when absent'),
}

const archive = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('mount'),
      mountPoint: absolutePath,
      by: mountedBy,
      folder: relativePath.default('').describe('Folder of the archive within the share'),
      timeout: seconds.default(60),
      ...expectations,
    }),
    z.strictObject({ kind: z.literal('folder'), path: absolutePath, ...expectations }),
    z.strictObject({
      kind: z.literal('url'),
      url: z.string().regex(/^[a-z0-9+]+:\/\/\S+$/, 'wanted a duplicity URL, such as sftp://user@host/path'),
      options: z
        .array(z.string().regex(/^(?!--?async)/, 'it loses volumes; --concurrency=N, of duplicity 3.0.1 or newer, does not'))
        .default([])
        .describe('Further duplicity options, such as --s3-endpoint-url=…'),
      env: z.array(secretName).default([]).describe('Variables of .env that duplicity needs for this URL'),
      reads: z
        .array(absolutePath)
        .default([])
        .describe(
          "Files and folders that duplicity may read for this URL, besides its programs' usual ones in root's home (.ssh, .config/rclone, …)",
        ),
    }),
  ])
  .describe('Where backup sets live: one folder or URL a site')

const encryption = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({
      kind: z.literal('passphrase'),
      secret: secretName,
      generated: z
        .boolean()
        .default(false)
        .describe('It is 256 random bits (64 hex digits), as setup makes them: no slow key stretching'),
    }),
    z.strictObject({ kind: z.literal('gpg'), key: z.string().regex(/^[0-9A-Fa-f]{8,40}$/), secret: secretName.optional() }),
  ])
  .default({ kind: 'none' })

const duplicity = z.strictObject({
  program: z.string().default('duplicity'),
  volumeSize: z.int().min(1).default(200).describe('MB a volume'),
  compression: z
    .union([z.literal('auto'), z.literal('default'), z.literal('none'), z.int().min(1).max(9)])
    .default('auto')
    .describe('auto: a sample of each site tells whether its files are worth it'),
  retries: z.int().min(1).default(2).describe('How often a backend operation is tried'),
})

const webServer = z.strictObject({
  kind: z.enum(['apache', 'nginx']),
  folder: absolutePath,
  test: words,
  reload: words,
})

const siteDatabase = z
  .strictObject({
    name: z.string().min(1).max(64).describe('DB_NAME'),
    user: z.string().min(1).max(128).optional().describe('DB_USER; the same as the name when absent'),
    secret: secretName,
    host: z
      .string()
      .refine(text => parseDatabaseHost(text) !== undefined, 'wanted host, host:port, localhost:/path/of/a/socket or [IPv6]:port')
      .default('localhost')
      .describe('DB_HOST'),
    tablePrefix: z.string().regex(/^\w+$/).max(64).default('wp_'),
  })
  .describe("How it reaches its database, where only the web server's environment knows it; its wp-config.php is then not asked")

const replica = z
  .strictObject({
    writes: z
      .enum(['guarded', 'none'])
      .default('guarded')
      .describe("'none': its database account may only read, whoever uses it; 'guarded': WordPress writes nothing"),
  })
  .describe('What may write in a replica between two restores')

const site = z.strictObject({
  domains: z
    .array(z.string().regex(/^[a-z0-9*.-]+$/i))
    .default([])
    .describe('Domains of the site, besides those in its web server configuration'),
  env: z.array(secretName).default([]).describe('Variables of .env that its wp-config.php may ask for by getenv()'),
  database: siteDatabase.optional(),
  check: check.optional(),
  replica: replica.optional(),
  exclude: z
    .array(z.string().min(1))
    .default([])
    .describe('Paths below the site folder that are not backed up; * and ** as in duplicity'),
  excludeFrom: absolutePath
    .optional()
    .describe("A file of exclusions in duplicity's own syntax (--exclude-filelist), with whole paths"),
  deadline: duration.optional().describe('For all that a run does for this site, instead of deadlines.site'),
})

const database = z.strictObject({
  socket: absolutePath
    .default('/run/mysqld/mysqld.sock')
    .describe("Where this host's database server is: what localhost means in a wp-config.php"),
  host: z
    .string()
    .regex(/^[\p{L}\p{N}_:][\p{L}\p{N}_.:-]*$/u, 'wanted a host name or an address')
    .optional()
    .describe('Where the database server is that the administrator of this host looks after, when that is no socket'),
  port: z.int().min(1).max(65535).default(3306),
  adminOptionFile: absolutePath
    .optional()
    .describe('Option file of an account that may create databases; root over the socket when absent'),
  dumpProgram: z.string().default('mariadb-dump'),
  clientProgram: z.string().default('mariadb'),
})

/** One host's inventory: what a file in `hosts/` may say. All sizes are in the unit that the description names. */
export const hostSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z
    .string()
    .refine(isHostName, 'wanted a host name: letters, digits, . and -')
    .optional()
    .describe("The file's name when absent"),
  vhosts: absolutePath.default('/srv/www/vhosts'),
  vpn: vpn.optional(),
  archive,
  encryption,
  duplicity: duplicity.prefault({}),
  webServer: webServer.optional(),
  certificates: absolutePath.default('/etc/letsencrypt'),
  addresses,
  nameServers,
  database: database.prefault({}),
  sites: z.record(z.string(), site).default({}),
  replica: replica.prefault({}),
  desktop: desktop.optional(),
  allowance: z.number().positive().default(1000).describe('MB of archive a site may use, where it has no max_NAS_space'),
  fullBackupFrequency: interval.default('1M').describe('Where a site has no full_backup_freq'),
  freeSpaceFactor: z.number().min(0).default(10).describe('Free space must be this many times the largest allowance'),
  keepDays: z
    .int()
    .min(0)
    .max(36_500)
    .default(30)
    .describe('No restore point of a site that is younger than so many days is deleted, whatever its allowance'),
  keepIncrementals: z.int().min(0).default(3).describe('How many of the newest secondary chains keep their incrementals'),
  keepPrevious: z
    .number()
    .positive()
    .default(7)
    .describe(
      'Days for which a recovery keeps what it replaced; a replay of a replica keeps it until the next one, and no longer',
    ),
  keepChanges: z
    .strictObject({
      days: z.number().positive().default(30),
      megabytes: z.number().min(0).default(500).describe('Of one site, all copies together; the oldest go first'),
    })
    .prefault({})
    .describe('What was written on a replica, or on a host from which others took a site over, is kept apart, to be merged'),
  provenEvery: interval
    .default('30D')
    .describe('A replica that is made of its last tree and the newest sets is also restored whole so often, and compared'),
  setAtLeastEvery: intervalFrom(0).default('7D').describe('An unchanged site gets a new set once its newest is so old'),
  concurrency: z
    .int()
    .min(1)
    .max(16)
    .optional()
    .describe('How many sites at once; when absent, as many as the machine has processors, four at most'),
  staleAfter: interval
    .optional()
    .describe(
      'From this age on the newest backup is too old; when absent, 2D for a site, and for a desktop a week and catchUpDays',
    ),
  acceptAfter: interval
    .default('7D')
    .describe('For so long replicas stay behind a site that has shrunk by more than half, unless a person confirms it'),
  auditBudget: z
    .number()
    .min(0)
    .default(1000)
    .describe('MB of volumes that are read and compared with their hashes each night; 0 for none'),
  drillTime,
  unproven: z
    .enum(['serve', 'readonly', 'freeze'])
    .default('serve')
    .describe(
      'What visitors get of the own sites after a boot at which the archive cannot say whether another host took them over',
    ),
  deadlines: deadlines.prefault({}),
  logDays: z.int().min(1).default(60),
  mail: mail.optional(),
  pings: pings.optional(),
  hooks: hooks.prefault({}),
  metrics: metrics.optional(),
  paths: paths.prefault({}),
})

export type HostFile = z.input<typeof hostSchema>
/** A host's inventory with every default filled in. */
export type Host = z.output<typeof hostSchema> & { readonly name: string }
/** What of an inventory says how runs are reported. */
export type Reporting = Pick<Host, 'name' | 'mail' | 'pings' | 'hooks' | 'metrics' | 'paths' | 'deadlines'>
export type MailSettings = z.output<typeof mail>
export type PingSettings = z.output<typeof pings>
export type SiteSettings = z.output<typeof site>
export type VpnSettings = z.output<typeof vpn>
export type ArchiveSettings = z.output<typeof archive>
export type MountSettings = Extract<ArchiveSettings, { kind: 'mount' }>
export type Encryption = z.output<typeof encryption>

/** From which age on (ms) the newest backup is too old, of a site or of the desktop. */
export function staleAfterOf({ staleAfter, desktop }: Pick<Host, 'staleAfter' | 'desktop'>, isDesktop = false): number {
  return parseInterval(staleAfter ?? (isDesktop ? `${7 + (desktop?.catchUpDays ?? 0)}D` : '2D')) * 1000
}
