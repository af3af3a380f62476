import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Lab, Said } from '../lab.ts'
import type { Client } from '../machines.ts'
import { posts, type Scenario } from '../scenario.ts'
import { makeStatic, makeWordPress, publish } from '../wordpress.ts'

/** What the owner changes in the inventory that setup wrote: less patience, so that the tests take less, and volumes as small as the sites. */
const EDITS = `
s/port: 22 } })/port: 22 }, timeout: 15 })/
s/folder: 'holdfast' })/folder: 'holdfast', timeout: 15 })/
s/^  encryption/  duplicity: { volumeSize: 5 },\\n  auditBudget: 10,\\n  encryption/`

/** As README.md says: in its folder, as root. */
async function setUp(lab: Lab, host: Client, options = ''): Promise<Said> {
  const said = await lab.run(host, `npm run setup -- --yes ${options}`)
  await lab.sh(host, `cd /opt/holdfast && sed -i "${EDITS}" hosts/${host}.ts && cat hosts/${host}.ts`)
  return said
}

/** web1's sites: WordPress, a static one, and a folder that nobody marked. */
async function makeSites(lab: Lab): Promise<void> {
  await lab.sh('web1', makeWordPress('blog', 'Garden'))
  await lab.sh('web1', makeStatic('leaflet'))
  await lab.sh('web1', makeStatic('unmarked'))
  await lab.sh(
    'web1',
    'cd /srv/www/vhosts; touch blog/PRIMARY_IS_web1 leaflet/PRIMARY_IS_web1; for each in blog leaflet; do echo 500 >$each/max_NAS_space; done',
  )
  await lab.sh('web1', publish('blog', 'post 0'))
  posts.push('post 0')
}

/** The line that setup printed goes into root's crontab, for the next minute instead of at night. */
async function schedule(lab: Lab, setup: Said): Promise<void> {
  const [, settings = '', line] = /^((?: {2}\w+=.*\n)+) {2}\d+ \d+ (\* \* \* .*)$/m.exec(setup.text) ?? assert.fail(setup.text)
  // cron looks for new tables in the first second of a minute, and takes one of that very second for an old one
  while (new Date().getSeconds() < 5 || new Date().getSeconds() > 40) await pause(500)
  const at = new Date(Date.now() + 60_000)
  await lab.hosts.web1.exec(
    ['crontab', '-'],
    `${settings.replaceAll(/^ +/gm, '')}${at.getUTCMinutes()} ${at.getUTCHours()} ${line}\n`,
  )
}

/** What the run from cron put into its log, once it has ended. */
async function nightFromCron(lab: Lab): Promise<Said> {
  const began = Date.now()
  let text = ''
  for (const end = Date.now() + 900_000; Date.now() < end && !/nightly ended at /.test(text); await pause(1000))
    text = await lab.sh('web1', 'cat /var/log/holdfast/nightly-*.log 2>/dev/null | tail -n 40; true')
  await lab.sh('web1', 'crontab -r')
  return { code: /^all well/m.test(text) ? 0 : 1, text, seconds: (Date.now() - began) / 1000 }
}

/** The page that a host gives for a site. */
export const page = (lab: Lab, host: 'web1' | 'web2', site: string): Promise<string> =>
  lab.sh(host, `curl -sS --max-time 10 -H 'Host: ${site}.example.org' http://127.0.0.1/`)

/** The desktop's, and web1's from cron, whose minute comes meanwhile. */
const FROM_CRON: readonly Scenario[] = [
  {
    name: 'first backup of the desktop',
    injected: 'setup --desktop as in the README; no VPN, at home',
    run: async lab => {
      await makeSites(lab)
      await schedule(lab, await setUp(lab, 'web1'))
      await setUp(lab, 'pc', '--desktop')
      return lab.run('pc', 'npx zx tasks/desktop.ts --now --verbose')
    },
    says: /all well/,
    ends: 0,
    leaves: true,
  },
  {
    name: 'first night of web1',
    injected: 'setup as in the README; the run from cron itself',
    run: nightFromCron,
    says: /all well/,
    ends: 0,
  },
]

const BY_HAND: readonly Scenario[] = [
  {
    name: 'first night of web1',
    injected: 'setup as in the README',
    run: async lab => {
      await makeSites(lab)
      await setUp(lab, 'web1')
      return lab.night('web1')
    },
    says: /all well/,
    ends: 0,
  },
]

const REPLICA: readonly Scenario[] = [
  {
    name: 'first night of web2: replicas from nothing',
    injected: 'setup with the passphrase of web1, no site there',
    run: async lab => {
      const secrets = await lab.sh('web1', 'cat /opt/holdfast/.env')
      await lab.hosts.web2.exec(['sh', '-c', 'umask 077; cat >/opt/holdfast/.env'], secrets)
      await setUp(lab, 'web2')
      return lab.night('web2')
    },
    says: /all well/,
    ends: 0,
    also: async lab => {
      assert.match(await page(lab, 'web2', 'blog'), /<title>Garden/)
      assert.match(await page(lab, 'web2', 'leaflet'), /<title>leaflet/)
    },
  },
]

/** What every part begins with: each host is set up and has had its first night. */
export const first = (how: 'from cron' | 'by hand'): readonly Scenario[] => [
  ...(how === 'from cron' ? FROM_CRON : BY_HAND),
  ...REPLICA,
]
