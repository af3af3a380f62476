import assert from 'node:assert/strict'
import type { Lab, Said } from '../lab.ts'
import { posts, type Scenario } from '../scenario.ts'
import { makeStatic } from '../wordpress.ts'
import { page } from './first.ts'

const web1 = (lab: Lab, script: string): Promise<string> => lab.sh('web1', script)
const VHOSTS = '/srv/www/vhosts'

/** web1's night, then web2's: one answer, for what a change on the one means for the other. */
export async function bothNights(lab: Lab): Promise<Said> {
  const [first, second] = [await lab.night('web1'), await lab.night('web2')]
  return {
    code: first.code || second.code,
    text: `${first.text}\n--- web2:\n${second.text}`,
    seconds: first.seconds + second.seconds,
  }
}

const rename = (from: string, to: string): string =>
  `hostname ${to}; echo ${to} >/etc/hostname; cd /opt/holdfast/hosts && mv ${from}.ts ${to}.ts`

export const SITES: readonly Scenario[] = [
  {
    name: 'a site without a marker',
    injected: 'a folder with SITE/ and no PRIMARY_IS_',
    says: /unmarked.*(unmanaged|no marker)/,
    ends: 0,
  },
  {
    name: 'a site added',
    injected: 'a static site with a marker, on web1',
    inject: lab =>
      web1(lab, `${makeStatic('fresh')}; touch ${VHOSTS}/fresh/PRIMARY_IS_web1; echo 500 >${VHOSTS}/fresh/max_NAS_space`),
    run: bothNights,
    says: /\[fresh\] .*full backup/,
    ends: 0,
    also: async lab => assert.match(await page(lab, 'web2', 'fresh'), /<title>fresh/),
  },
  {
    name: 'a site renamed',
    injected: "web1's folder `fresh` is now `ripe`, without a word to anybody",
    inject: lab => web1(lab, `mv ${VHOSTS}/fresh ${VHOSTS}/ripe; a2dissite -q fresh; ${makeStatic('ripe')}`),
    run: bothNights,
    says: /fresh.*(incoming|handed to web1)/,
    ends: 0,
    also: async lab => assert.match(await page(lab, 'web2', 'ripe'), /<title>ripe/),
  },
  {
    name: 'a site removed',
    injected: "web1's folder `ripe` is removed",
    inject: lab => web1(lab, `rm -rf ${VHOSTS}/ripe`),
    run: bothNights,
    says: /ripe.*(incoming|handed to web1)/,
    ends: 0,
    also: async lab => {
      assert.match(await lab.sh('nas', 'ls /srv/nas/holdfast/ripe'), /duplicity-full/)
      assert.match(await page(lab, 'web2', 'ripe'), /<title>ripe/)
    },
  },
  {
    name: 'a site given up',
    injected: 'the archives and the replicas of `fresh` and `ripe`, which nobody backs up any more, are removed',
    inject: async lab => {
      await lab.sh('nas', 'rm -r /srv/nas/holdfast/fresh /srv/nas/holdfast/ripe')
      await lab.sh(
        'web2',
        `rm -r ${VHOSTS}/fresh ${VHOSTS}/ripe; rm -f /etc/apache2/sites-enabled/fresh* /etc/apache2/sites-enabled/ripe*`,
      )
    },
    givenUp: /(fresh|ripe)\/duplicity-/,
    run: bothNights,
    says: /all well/,
    ends: 0,
  },
  {
    name: 'two markers',
    injected: 'the leaflet on web1 gets PRIMARY_IS_web2 as well',
    inject: lab => web1(lab, `touch ${VHOSTS}/leaflet/PRIMARY_IS_web2`),
    says: /leaflet.*markers of web1 and web2/,
    ends: 1,
    mend: lab => web1(lab, `rm ${VHOSTS}/leaflet/PRIMARY_IS_web2`),
  },
  {
    name: 'both say that they own it',
    injected: "web2's replica of the leaflet is marked as its own",
    inject: lab => lab.sh('web2', `cd ${VHOSTS}/leaflet; mv PRIMARY_IS_web1 PRIMARY_IS_web2`),
    run: lab => lab.night('web2'),
    says: /leaflet.*says that web2 owns it, its archive says web1/,
    ends: 1,
    mend: lab => lab.sh('web2', `cd ${VHOSTS}/leaflet; mv PRIMARY_IS_web2 PRIMARY_IS_web1`),
    heal: lab => lab.night('web2'),
  },
  {
    name: 'a host renamed',
    injected: 'web1 is called www1 now, and nothing else was changed',
    inject: lab => web1(lab, 'hostname www1; echo www1 >/etc/hostname'),
    says: /www1/,
    ends: 2,
    mend: lab => web1(lab, 'hostname web1; echo web1 >/etc/hostname'),
  },
  {
    name: 'a host renamed, and its inventory',
    injected: 'web1 is called www1, hosts/web1.ts is hosts/www1.ts: its sites now look like replicas of somebody else',
    inject: lab => web1(lab, rename('web1', 'www1')),
    says: /blog: conflict: .*this host backed it up as web1, but is called www1 now/,
    ends: 1,
    mend: async lab => {
      const found = await web1(lab, `ls ${VHOSTS}/blog/SITE/wp-content/uploads`)
      await web1(lab, rename('www1', 'web1'))
      assert.ok(found.includes(posts.at(-1)!), 'what was newer than the last backup is live')
    },
  },
  {
    name: 'a host renamed, its inventory and its marker',
    injected: 'as above, and PRIMARY_IS_www1 in the site',
    inject: lab => web1(lab, `${rename('web1', 'www1')}; cd ${VHOSTS}/blog; mv PRIMARY_IS_web1 PRIMARY_IS_www1`),
    says: /blog.*says that www1 owns it, its archive says web1/,
    ends: 1,
    mend: lab => web1(lab, `${rename('www1', 'web1')}; cd ${VHOSTS}/blog; mv PRIMARY_IS_www1 PRIMARY_IS_web1`),
  },
]
