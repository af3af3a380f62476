import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SiteJson } from '../../lib/report/status.ts'
import { statusText } from '../../lib/report/status-text.ts'
import { madeUpSite, madeUpStatus } from '../support/made-up-status.ts'

const saidOf = (sites: readonly SiteJson[]): string | undefined =>
  statusText({ ...madeUpStatus(1), sites: [...sites] }).split('\n')[1]

test('statusText() tells since when all that the sites have in the archive was read again, or of which it was not yet', () => {
  const [one, two] = [madeUpSite(1), madeUpSite(2)]
  const first = { ...one, allReadSince: '2026-11-20T03:04:05.678Z' }
  const second = { ...two, allReadSince: '2026-11-22T00:00:00.000Z' }
  assert.equal(saidOf([second, first]), 'Audit: all files in the archive were read since 2026-11-20 03:04:05 UTC')
  assert.equal(saidOf([first, { ...two, allReadSince: null }]), `Audit: not all files in the archive are read yet of ${two.name}`)
  assert.equal(saidOf([first, { ...two, chains: [] }]), 'Audit: all files in the archive were read since 2026-11-20 03:04:05 UTC')
  assert.equal(
    saidOf([first, madeUpSite(5)]),
    'Audit: all files in the archive were read since 2026-11-20 03:04:05 UTC',
    'a replica',
  )
  assert.equal(saidOf([{ ...one, bytes: null, lastDrill: null }]), '', 'what lies at a URL is not read')
})

test('statusText() tells how long ago a backup of each site was tried in a sandbox, where any was', () => {
  const [one, two] = [madeUpSite(1), madeUpSite(2)]
  const said = (sites: readonly SiteJson[]) =>
    statusText({ ...madeUpStatus(1), sites: [...sites] }).match(/^Last restore.*$/m)?.[0]
  assert.equal(said([one, { ...two, lastDrill: null }]), `Last restore drill: ${one.name} 3 days ago; ${two.name} not yet`)
  assert.equal(said([{ ...one, lastDrill: null }, madeUpSite(5)]), undefined)
})

test('statusText() says quietly only what somebody has to see to', () => {
  const well = { ...madeUpStatus(1), ok: true }
  assert.equal(statusText(well, true), '')
  const site = { ...madeUpSite(1), ok: false, verdict: 'failed' as const, problems: ['no backup'], warnings: ['a wrong setting'] }
  const ill = { ...well, ok: false, problems: ['the archive is full'], sites: [site] }
  const [first, second, ...rest] = statusText(ill, true).split('\n')
  assert.deepEqual([first, second], ['PROBLEM the archive is full', `PROBLEM ${site.name}: no backup`])
  assert.match(rest.join('\n'), /^1 of 1 site FAILED[^\n]*$/)
})
