import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Verdict } from '../../lib/core/finding.ts'
import type { LastVerdict } from '../../lib/core/last-run.ts'
import { composeMail } from '../../lib/report/mail.ts'
import { textOf } from '../../lib/report/text.ts'
import { backedUp, failed, madeUpReport, NIGHT, note, outcome } from '../support/made-up-report.ts'
import { openMail } from '../support/mail-server.ts'

/** A night on which everything happened that a mail can tell. */
const DAY = 86_400_000
const before = (verdict: Verdict, days: number): LastVerdict => ({
  verdict,
  since: NIGHT - days * DAY,
  at: NIGHT - DAY,
  work: [],
  damage: {},
})
const last = { sites: { blog: before('failed', 3), news: before('failed', 2), shop: before('well', 90) } }
const night = madeUpReport(
  [
    outcome('roles', undefined, {
      reports: [
        {
          site: 'two',
          role: 'conflict',
          reason: 'the folder here says that web1 owns it, its archive says web2',
          choices: ['if web1 keeps it: cd /opt/holdfast && npx zx tasks/resolve.ts --site two --keep web1'],
        },
      ],
    }),
    {
      ...backedUp('shop', { backedUp: 'full', prunedBytes: 5, settings: ['max_NAS_space says "lots"'] }),
      notes: [note('significant', 'full backup: the newest full is 31 days old'), note('warning', 'max_NAS_space says "lots"')],
    },
    { ...backedUp('news'), seconds: 12.4, transferred: { read: 41_000, written: 8_200_000 } },
    backedUp('large', {
      bytes: 1_200_000_000,
      pruning: { isExhausted: true, reason: 'only the primary chain is left' },
      next: 'incremental backup; over its allowance, but nothing can go: only the primary chain is left',
    }),
    failed('blog', 'the disk is full (duplicity exit code 53): No space left on device', [
      'Processing volume 7',
      'No space left on device',
    ]),
  ],
  { last },
)

const GOLDEN = `web1: 1 of 5 sites FAILED — blog (for 3 days); 2 sites need attention — large, two

FAILED  blog: Backup blog
  the disk is full (duplicity exit code 53): No space left on device
  It printed last:
  | Processing volume 7
  | No space left on device
  Type next:
  $ less /var/log/holdfast/nightly-20261122T033000-1.log
  $ cd /opt/holdfast && npx zx tasks/nightly.ts --site blog --verbose

Needs attention
  large: over its allowance, 1.20 GB of 1.00 GB, and nothing can go: only the primary chain is left. Raise max_NAS_space, or back up less
  two: conflict: the folder here says that web1 owns it, its archive says web2
    if web1 keeps it: cd /opt/holdfast && npx zx tasks/resolve.ts --site two --keep web1

Significant
  news: well again, after it had failed for 2 days
  shop: full backup: the newest full is 31 days old

Warnings
  shop: max_NAS_space says "lots"

Sites
  site   state                role      last backup  archive             this run                             next
  blog   FAILED (for 3 days)  primary   24 h ago     990 MB of 1.00 GB   1.0 s                                —
  large  needs attention      primary   11 min ago   1.20 GB of 1.00 GB  1.0 s                                incremental backup; over its allowance, but nothing can go: only the primary chain is left
  news   well                 primary   11 min ago   420 MB of 1.00 GB   8.20 MB written, 41.0 kB read, 12 s  incremental backup
  shop   well                 primary   11 min ago   420 MB of 1.00 GB   1.0 s                                incremental backup
  two    needs attention      conflict  —            —                   —                                    —

nightly on web1, began 2026-11-22 03:30:00 UTC, took 12 min, 8.20 MB written, 41.0 kB read, exit code 1
log: /var/log/holdfast/nightly-20261122T033000-1.log
`

test('textOf() is the golden text', () => assert.equal(textOf(night), GOLDEN))

test('composeMail() has the same words as text and as HTML, and shows a name as it is', async () => {
  const odd = '<img src=x onerror=alert(1)>'
  const mail = await composeMail(madeUpReport([failed(odd, 'a < b & c')]), { from: 'a@example.org', to: ['b@example.org'] })
  const { plain, html, header } = openMail(mail.raw)
  assert.match(plain, /FAILED {2}<img src=x onerror=alert\(1\)>: Backup <img/)
  assert.match(html, /a &lt; b &amp; c/)
  assert.doesNotMatch(html, /<img/)
  assert.equal(header('Date'), new Date(NIGHT + 720_000).toUTCString().replace('GMT', '+0000'))
  assert.equal(header('Importance'), 'High')
})

test('composeMail() writes seven-bit lines that every mail server takes', async () => {
  const long = 'é'.repeat(5000)
  const { raw } = await composeMail(madeUpReport([failed(long)]), { from: 'a@example.org', to: ['b@example.org'] })
  assert.match(raw, /^[\t\r\n\x20-\x7e]*$/)
  assert.ok(raw.split('\r\n').every(line => line.length < 998 && !line.includes('\n')))
})
