import assert from 'node:assert/strict'
import type { Lab, Said } from '../lab.ts'
import { posts, type Scenario } from '../scenario.ts'
import { publish } from '../wordpress.ts'
import { page } from './first.ts'
import { bothNights } from './sites.ts'

const uploads = (lab: Lab, host: 'web1' | 'web2'): Promise<string> =>
  lab.sh(host, 'ls /srv/www/vhosts/blog/SITE/wp-content/uploads')
const published = (lab: Lab, host: 'web1' | 'web2'): Promise<string> =>
  lab.sh(host, `mariadb -N -e "select post_title from blog.wp_posts where post_status = 'publish'"`)

/** Every post of the first `count` is there, in the database and as a file. @throws naming those that are not */
async function assertPosts(lab: Lab, host: 'web1' | 'web2', count: number): Promise<void> {
  for (const [where, found] of [
    ['the database', (await published(lab, host)).split('\n')],
    ['the files', (await uploads(lab, host)).split('\n')],
  ] as const)
    assert.deepEqual(
      posts.slice(0, count).filter(post => !found.includes(post)),
      [],
      `missing in ${where} of ${host}`,
    )
}

/** How many posts there were at the end of each day of the week. */
const perDay: number[] = []

async function week(lab: Lab): Promise<Said> {
  const nights: Said[] = []
  await lab.sh('web1', 'echo 3D >/srv/www/vhosts/leaflet/full_backup_freq')
  for (let day = 1; day <= 7; day++) {
    lab.days++
    const title = `day ${day}`
    await lab.sh('web1', publish('blog', title))
    posts.push(title)
    perDay.push(posts.length)
    nights.push(await (day === 4 ? bothNights(lab) : lab.night('web1')))
  }
  return {
    code: nights.find(each => each.code !== 0)?.code ?? 0,
    text: nights.map(each => each.text).join('\n\n'),
    seconds: nights.reduce((sum, each) => sum + each.seconds, 0),
  }
}

export const TIME: readonly Scenario[] = [
  {
    name: 'both hosts at the same minute',
    injected: "web1's night and web2's begin at the same moment",
    run: async lab => {
      const [first, second] = await Promise.all([lab.night('web1'), lab.night('web2')])
      return { code: first.code || second.code, text: `${first.text}\n--- web2:\n${second.text}`, seconds: first.seconds }
    },
    says: /all well/,
    ends: 0,
    heal: lab => lab.night('web2'),
  },
  {
    name: 'a week of nights',
    injected: 'a post a day, full backups of the leaflet every three days',
    run: week,
    says: /\[leaflet\] .*full backup/,
    ends: 0,
    heal: lab => lab.night('web2'),
    also: lab => assertPosts(lab, 'web2', posts.length),
  },
  {
    name: 'recover --age',
    injected: 'the blog as it was three days ago',
    run: lab => lab.run('web1', 'npx zx tasks/recover.ts --site blog --age 3D --yes'),
    says: /all well/,
    ends: 0,
    heal: async lab => {
      const count = perDay.at(-4)!
      await assertPosts(lab, 'web1', count)
      assert.ok(!(await published(lab, 'web1')).includes('day 5'), 'what came later is gone from the database')
      assert.match(await page(lab, 'web1', 'blog'), /<title>Garden/)
      return lab.run('web1', 'npx zx tasks/recover.ts --site blog --undo --yes')
    },
    also: lab => assertPosts(lab, 'web1', posts.length),
  },
  {
    name: 'the clock a day behind',
    injected: "web1's clock is a day behind its newest backup, and no time server keeps it right",
    inject: lab =>
      lab.sh('web1', "printf '#!/bin/sh\\necho no\\n' > /usr/local/bin/timedatectl; chmod +x /usr/local/bin/timedatectl"),
    run: lab => lab.night('web1', undefined, lab.days - 1),
    says: /\[blog\] Back up blog: FAILED: .*ahead of this clock: one of the clocks is wrong/,
    ends: 1,
    heal: lab => lab.night('web1'),
    healSays: /\[blog\] +incremental backup/, // the chain goes on
  },
  {
    name: 'the clock a day ahead',
    injected: "web1's clock is a day ahead for one night; the next day it is right",
    run: lab => lab.night('web1', undefined, lab.days + 1),
    says: /all well/,
    ends: 0,
    heal: async lab => {
      lab.days += 1.1
      return lab.night('web1')
    },
  },
  {
    name: 'everything comes back',
    injected: 'web2 loses its sites and restores all of them',
    inject: lab => lab.sh('web2', 'rm -rf /srv/www/vhosts/*; mariadb -e "drop database blog"'),
    run: bothNights,
    says: /all well/,
    ends: 0,
    also: async lab => {
      await assertPosts(lab, 'web2', posts.length)
      assert.match(await page(lab, 'web2', 'blog'), /<title>Garden/)
    },
  },
]
