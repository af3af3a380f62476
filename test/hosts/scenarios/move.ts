import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Lab, Said } from '../lab.ts'
import type { Scenario } from '../scenario.ts'
import { longestWithoutPage, type Visit, Visitor } from '../visitor.ts'
import { page } from './first.ts'

type Web = Visit['host']

const other = (host: Web): Web => (host === 'web1' ? 'web2' : 'web1')
const handover = (to: Web, more = ''): string => `npx zx tasks/handover.ts --site blog --to ${to} --yes --verbose ${more}`
const TAKEOVER = 'npx zx tasks/takeover.ts --site blog --verbose'

/** What several runs said, as one. */
function joined(...runs: readonly Said[]): Said {
  return {
    code: runs.map(({ code }) => code).find(code => code !== 0) ?? 0,
    text: runs.map(({ text }) => text).join('\n--- then:\n'),
    seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0),
  }
}

/** The comments that a host has of the blog. */
async function commentsOn(lab: Lab, host: Web): Promise<string[]> {
  return (await lab.sh(host, `mariadb --skip-column-names -e 'SELECT comment_content FROM blog.wp_comments'`)).split('\n')
}

/** Milliseconds in which a visitor writes at least once. */
const A_WHILE = 13_000

/** What was taken, and what of it the new owner does not have. */
async function takenAndLost(lab: Lab, to: Web, visits: readonly Visit[]) {
  const taken = visits.filter(({ comment, ok }) => comment !== undefined && ok)
  const kept = new Set(await commentsOn(lab, to))
  return { taken, lost: taken.filter(({ comment }) => !kept.has(comment!)) }
}

/** What the visitor saw, as a run says it; it failed where anything is wrong. */
function seen(visits: readonly Visit[], what: string, wrong: readonly string[]): Said {
  const text = `longest time without a page: ${longestWithoutPage(visits).toFixed(1)} s, of ${visits.length} requests${what}`
  return { code: wrong.length === 0 ? 0 : 1, text: [text, ...wrong].join('\n'), seconds: 0 }
}

/**
 * The blog is moved while somebody visits it, who is told of the new host as soon as that has taken it; until then, that one passes on to the old
 * one what is written on it. What it kept instead would be lost.
 */
async function move(lab: Lab, from: Web): Promise<Said> {
  const to = other(from)
  const visitor = await Visitor.begin(lab, from, 'on both hosts')
  await pause(A_WHILE)
  const gave = await lab.run(from, handover(to))
  const took = await lab.run(to, TAKEOVER, { when: /Let visitors in to blog: done/, act: () => visitor.turnTo(to) })
  await pause(A_WHILE)
  const visits = await visitor.end()
  const { taken, lost } = await takenAndLost(lab, to, visits)
  const turned = Math.min(...visits.filter(({ host, comment }) => host === to && comment === undefined).map(visit => visit.from))
  const isPassedOn = (visit: Visit): boolean => visit.host === to && visit.to < turned
  const last = Math.max(...taken.filter(visit => visit.host === from || isPassedOn(visit)).map(visit => visit.to))
  const first = Math.min(...taken.filter(visit => visit.host === to && !isPassedOn(visit)).map(visit => visit.from))
  const both = last < first ? [] : [`WRONG: ${from} took a comment until ${last}, ${to} from ${first} on`]
  return joined(gave, took, seen(visits, '', [...both, ...lost.map(({ comment }) => `WRONG: lost is ${comment}`)]))
}

/** The same, and nobody tells the visitor anything: the old host passes it on. */
async function moveAndForward(lab: Lab, from: Web): Promise<Said> {
  const to = other(from)
  const visitor = await Visitor.begin(lab, from, 'on the one it knows')
  await pause(A_WHILE)
  let took: Said | undefined
  const gave = await lab.run(from, handover(to, '--forward'), {
    when: /is handed over to/,
    act: async () => {
      took = await lab.run(to, TAKEOVER)
    },
  })
  await pause(A_WHILE)
  const visits = await visitor.end()
  const { taken, lost } = await takenAndLost(lab, to, visits)
  const isWrittenTo = taken.some(visit => visit.from > visits.at(-1)!.from - A_WHILE / 1000)
  const wrong = [
    ...(isWrittenTo ? [] : ['WRONG: no comment was taken after the move']),
    ...lost.map(({ comment }) => `WRONG: lost is ${comment}`),
  ]
  return joined(gave, took!, seen(visits, `, all to ${from}`, wrong))
}

/** A night of a host, after which all is well but for DNS, which nobody can change here. */
async function nightOf(lab: Lab, host: Web): Promise<Said> {
  const said = await lab.night(host)
  const isOnlyDns =
    /^1 site needs attention/m.test(said.text) && /PROBLEM blog: it was taken over .* ago, and DNS/.test(said.text)
  return isOnlyDns ? { ...said, code: 0 } : said
}

/** One of each, the owner's first. */
const nightsOf = async (lab: Lab, owner: Web): Promise<Said> =>
  joined(await nightOf(lab, owner), await nightOf(lab, other(owner)))

/** What a host is cut off in, and what completes the move. */
const cutIn = (host: Web, command: string, when: RegExp): Scenario => ({
  name: `power cut of ${host} in a move, after: ${when.source}`,
  injected:
    'every process is killed at once, then it boots again; the same command completes the move, and then it is moved back',
  run: lab => lab.run(host, command, { when, act: () => lab.hosts[host].cutPower() }),
  says: when,
  ends: 'cut',
  mend: lab => lab.hosts[host].start(),
  heal: async lab => {
    const there = await lab.run('web1', handover('web2')).then(async gave => joined(gave, await lab.run('web2', TAKEOVER)))
    const back = joined(await lab.run('web2', handover('web1')), await lab.run('web1', TAKEOVER))
    return joined(there, back, await nightsOf(lab, 'web1'))
  },
})

/** Three comments and an order that no backup has. */
const LATE = `runuser -u www-data -- php <<'END'
<?php
$_SERVER['HTTP_HOST'] = 'blog.example.org'; $_SERVER['REQUEST_URI'] = '/'; $_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
require '/srv/www/vhosts/blog/SITE/wp-load.php';
foreach (['one', 'two', 'three'] as $word)
  wp_insert_comment(['comment_post_ID' => 1, 'comment_content' => "late comment $word", 'comment_author' => 'Ann', 'comment_approved' => 1]);
wp_insert_post(['post_title' => 'late order', 'post_type' => 'shop_order', 'post_status' => 'publish', 'post_author' => 1]);
END`

/** web1 boots, and its site is no more than a copy; what only it has lies in a bundle, and the archive has web2's sets only. */
async function comesBack(lab: Lab): Promise<Said> {
  const comment = '-d comment=x -d author=Bob -d email=bob@example.org -d comment_post_ID=1'
  const status = await lab.sh(
    'web1',
    `curl -s -o /dev/null -w '%{http_code}' -H 'Host: blog.example.org' ${comment} http://127.0.0.1/wp-comments-post.php`,
  )
  const bundle = await lab.sh('web1', 'cat /srv/www/vhosts/.holdfast/blog/late-writes-*/rows.sql')
  const night = await lab.night('web1')
  const records = (await lab.sh('nas', 'cat /srv/nas/holdfast/blog/.holdfast-sets')).split('\n').filter(line => line !== '')
  const sets = records
    .map(line => JSON.parse(line) as { set: string; host?: string })
    .toSorted((a, b) => (a.set < b.set ? 1 : -1))
  const text = `web1 answers a comment with ${status}\nin the bundle:\n${bundle}\nthe newest set is ${sets[0]?.host}'s`
  return joined(night, { code: 0, text, seconds: 0 })
}

const DEAD: Scenario = {
  name: 'web1 dead for three days, and back',
  injected:
    'its power is cut after three comments and an order that no backup has; web2 takes the blog by force and goes on; web1 boots',
  inject: async lab => {
    await lab.sh('web1', LATE)
    await lab.hosts.web1.cutPower()
    lab.days += 3
  },
  // of its other sites nobody made a backup in these days
  run: async lab => joined(await lab.run('web2', `${TAKEOVER} --force --yes`), { ...(await lab.night('web2')), code: 0 }),
  says: /All that was written to blog since the backup of .* will be lost/,
  ends: 0,
  mend: lab => lab.hosts.web1.start(),
  heal: async lab => {
    const back = await comesBack(lab)
    const home = joined(await lab.run('web2', handover('web1')), await lab.run('web1', TAKEOVER))
    return joined(back, home, await nightsOf(lab, 'web1'))
  },
  healSays: /answers a comment with 503.*late comment one.*late comment three.*late order.*the newest set is web2's/s,
}

export const MOVE: readonly Scenario[] = [
  {
    name: 'a move from web1 to web2 with --forward, and the visitor keeps to web1',
    injected: 'a visitor asks twice a second, and writes a comment every ten, on the one host that it knows',
    run: lab => moveAndForward(lab, 'web1'),
    says: /longest time without a page.* all to web1/,
    ends: 0,
    mend: async () => {},
    heal: lab => nightsOf(lab, 'web2'),
  },
  {
    name: 'back to web1, which still sends visitors on to web2',
    injected: 'as above, on both hosts',
    run: lab => move(lab, 'web2'),
    says: /longest time without a page/,
    ends: 0,
    heal: lab => nightsOf(lab, 'web1'),
    mend: async () => {},
    also: async lab => assert.match(await page(lab, 'web1', 'blog'), /<title>Garden/),
  },
]

/** What takes longer, each after the one before. */
export const MORE_MOVES: readonly Scenario[] = [
  cutIn('web1', handover('web2'), /Freeze blog: done/),
  cutIn('web1', handover('web2'), /Release blog to web2: done/),
  DEAD,
]
