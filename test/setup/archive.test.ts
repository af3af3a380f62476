import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stage } from './stage.ts'

/** The line of setup for root's crontab, on a host with these files whose archive has these cards. */
function cronLine(machine: Record<string, string>, cards: Record<string, string>): string {
  const made = stage({ '/srv/www/vhosts/': '', '/etc/apache2/sites-enabled/': '', ...machine })
  const nas = join(made.folder, 'root/nas')
  mkdirSync(nas)
  for (const [name, text] of Object.entries(cards)) writeFileSync(join(nas, `.holdfast-host-${name}.json`), text)
  symlinkSync('/etc/passwd', join(nas, '.holdfast-host-link.json'))
  mkdirSync(made.inventory)
  writeFileSync(join(made.inventory, 'web1.json'), JSON.stringify({ archive: { kind: 'folder', path: '/nas' } }))
  const { stdout } = made.setup()
  return /For root's crontab[\s\S]*?\n\n/.exec(stdout)?.[0] ?? stdout
}

const card = (time: Date, owned: readonly string[]): string =>
  JSON.stringify({
    ...{ time: time.toISOString(), holdfast: '0.1.0', room: {}, users: [], addresses: [], databases: [], certified: [] },
    sites: { owned, replicated: [] },
  })
const at = (hour: number, minute: number): Date => new Date(2026, 0, 5, hour, minute)

test('setup has an owner begin at three, and a host that only replicates after the owners are over', () => {
  const owned = { '/srv/www/vhosts/blog/SITE/index.html': '', '/srv/www/vhosts/blog/PRIMARY_IS_web1': '' }
  assert.match(
    cronLine(owned, {}),
    /every night at 03:\d\d \(web1: it owns sites, and those that replicate them follow\):\n(?: {2}\w+=.*\n){2} {2}1?\d 3 \* \* \* /,
  )
  const cards = {
    web2: card(at(5, 30), ['shop']),
    web3: card(at(6, 50), []),
    web4: 'damaged',
    'web5 x': card(at(6, 55), ['odd']),
  }
  const line = cronLine({}, cards)
  assert.match(line, /\(web1: it owns no site, and follows web2, whose run was over at 05:30\)/)
  assert.match(line, /\n {2}\d\d? {1,2}[56] \* \* \* /)
  assert.match(cronLine({}, {}), /every night at 05:\d\d \(web1: it owns no site, and follows the hosts that do\)/)
})
