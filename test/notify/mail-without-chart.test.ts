import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import type { RunEvent } from '../../lib/core/outcome.ts'
import { reportRun } from '../../lib/notify/reporting.ts'
import { HOME } from '../../lib/program/command-line.ts'
import { linesOf } from '../../lib/report/lines.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { failed, madeUpRun } from '../support/made-up-report.ts'
import { openMail, startMailServer } from '../support/mail-server.ts'
import { inOwnMounts } from '../support/own-mounts.ts'

if (inOwnMounts(import.meta.filename))
  test('where the library that draws is missing, the mail goes out without a chart, and the log says why', async () => {
    execFileSync('mount', ['-t', 'tmpfs', 'none', join(HOME, 'node_modules/@resvg')])
    await using server = await startMailServer({})
    const by = { kind: 'smtp', host: '127.0.0.1', port: server.port, tls: 'none', timeout: 30 } as const
    const mail = { from: 'holdfast@example.org', to: ['me@example.org'], by }
    const host = hostIn(ownFolder('mail-without-chart'), { mail })
    const events: RunEvent[] = []
    const { endedAt: _, exitCode: _2, host: _3, ...run } = madeUpRun([failed('blog')])
    const rest = {
      host,
      secrets: new Map(),
      pings: undefined,
      hidden: [],
      partial: false,
      isAskedOften: false,
      stop: new AbortController().signal,
    }
    const onEvent = (event: RunEvent): number => events.push(event)
    const { outcomes } = await reportRun({ ...run, ...rest, onEvent })
    assert.equal(outcomes.find(({ step }) => step === 'mail')?.status, 'done')
    const { html, plain, picture } = openMail(server.received[0]!.text)
    assert.deepEqual([picture, /<img|fullest|Archives against/.test(html)], [undefined, false])
    assert.match(plain, /blog {2}FAILED {2}primary .* 990 MB of 1\.00 GB/)
    assert.match(events.flatMap(linesOf).join('\n'), /the mail has no chart: .*@resvg\/resvg-js/)
  })
