import { z } from 'zod'
import { absolutePath, seconds, secretName, words } from './fields.ts'

/** An address without a name. It never begins with a dash, for it becomes a word of the sendmail command. */
const address = z
  .string()
  .regex(/^[A-Za-z0-9_][^\s<>,;:"\\]*@[A-Za-z0-9][A-Za-z0-9.-]*$/, 'wanted a mail address, such as me@example.org')

const smtp = z
  .strictObject({
    kind: z.literal('smtp'),
    host: z.string().min(1),
    port: z.int().min(1).max(65535).optional().describe('465 with implicit TLS, else 587'),
    tls: z
      .enum(['implicit', 'starttls', 'none'])
      .default('starttls')
      .describe(
        'implicit: TLS from the first byte; starttls: no mail goes out before TLS; none: only to this machine, or without a login',
      ),
    ca: absolutePath.optional().describe("File with the certificate of the server's own authority, PEM"),
    user: z.string().min(1).optional(),
    secret: secretName.optional(),
    timeout: seconds.default(30),
  })
  .refine(({ user, secret }) => (user === undefined) === (secret === undefined), 'wanted user and secret together, or neither')
  .refine(
    ({ tls, user, host }) => tls !== 'none' || user === undefined || /^(localhost|127\..*|::1)$/.test(host),
    'a login without TLS: anybody on the way could read the password',
  )

const command = z.strictObject({
  kind: z.literal('command'),
  command: words
    .default(['/usr/sbin/sendmail', '-i'])
    .describe('Gets `-f FROM TO…` as further words and the mail on its standard input'),
  timeout: seconds.default(60),
})

/** Mails (S35). */
export const mail = z
  .strictObject({
    from: address,
    to: z.array(address).min(1),
    when: z
      .enum(['significant', 'always', 'never'])
      .default('significant')
      .describe('significant: a full backup, pruning, a restore, a conflict, a failure'),
    by: z.discriminatedUnion('kind', [smtp, command]),
    keep: z
      .int()
      .min(1)
      .max(10_000)
      .default(50)
      .describe('How many mails wait for a mail server that is away; then the oldest go'),
  })
  .describe('Mails about what happened')

/** Pings (S39). */
export const pings = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('The URL itself, where it is no secret'),
    secret: secretName.optional().describe('Name of the variable in .env that holds the URL'),
    tasks: z.array(z.string().min(1)).default(['nightly', 'desktop']).describe('Tasks that ping'),
    timeout: seconds.default(10).describe('For one try'),
    tries: z.int().min(1).max(10).default(3),
  })
  .refine(({ url, secret }) => (url === undefined) !== (secret === undefined), 'wanted either url or secret')
  .describe('Healthchecks-style: URL/start at the start, URL after success, URL/fail after failure')

/** Hooks: commands of the host's owner around a run. */
export const hooks = z
  .strictObject({
    before: words.optional().describe('Once the lock is held, before anything else'),
    after: words.optional().describe('After every run that had the lock, with its outcome as JSON on standard input'),
    onFailure: words.optional().describe('After a run that failed or was stopped, before `after`'),
    timeout: seconds.default(300).describe('For each'),
  })
  .describe('Commands around a run. One that fails is reported; the backup is made all the same')

/** Metrics for Prometheus. */
export const metrics = z
  .strictObject({
    folder: absolutePath.describe("node_exporter's --collector.textfile.directory; one file a task: holdfast-nightly.prom"),
  })
  .describe('Metrics in the text format of Prometheus')
