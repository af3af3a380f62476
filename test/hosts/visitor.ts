import type { Lab } from './lab.ts'

/** One request of a visitor: when it began and ended, in seconds since the epoch, which host was asked, and whether it was answered well. */
export interface Visit {
  readonly from: number
  readonly to: number
  readonly host: 'web1' | 'web2'
  readonly status: number
  /** What was written; absent for a look at the front page. */
  readonly comment?: string
  /** A host that was told that the comment was taken. */
  readonly ok: boolean
}

const ADDRESS = { web1: '203.0.113.11', web2: '203.0.113.12' }
const FOLDER = '/root/visits'

/** Asks for the front page twice a second, and writes a comment every ten, first to the host that it knows, then to the other. */
const PROGRAM = `import http.client, json, os, time, urllib.parse, uuid
ADDRESS = ${JSON.stringify(ADDRESS)}
def ask(host, method, path, body=None):
    began, status = time.time(), 0
    try:
        connection = http.client.HTTPConnection(ADDRESS[host], 80, timeout=8)
        headers = {'Host': 'blog.example.org', 'Content-Type': 'application/x-www-form-urlencoded'}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        status = answer.status
        connection.close()
    except OSError:
        pass
    except http.client.HTTPException:
        pass
    return began, time.time(), status
def tell(host, began, ended, status, ok, **more):
    log.write(json.dumps({'from': began, 'to': ended, 'host': host, 'status': status, 'ok': ok, **more}) + '\\n')
    log.flush()
def write(host):
    word = uuid.uuid4().hex
    form = {'comment': word, 'author': word, 'email': word + '@example.org', 'comment_post_ID': '1'}
    began, ended, status = ask(host, 'POST', '/wp-comments-post.php', urllib.parse.urlencode(form))
    tell(host, began, ended, status, status == 302, comment=word)
log = open('${FOLDER}/log', 'a')
turn = 0
while not os.path.exists('${FOLDER}/stop'):
    home = open('${FOLDER}/home').read().strip()
    began, ended, status = ask(home, 'GET', '/')
    tell(home, began, ended, status, status == 200)
    turn += 1
    if turn % 20 == 1:
        write(home)
        if os.path.exists('${FOLDER}/both'): write('web2' if home == 'web1' else 'web1')
    time.sleep(max(0, 0.5 - (time.time() - began)))
`

/** Comments are taken at once, and as many as come: a plugin that nobody can switch off (wp-content/mu-plugins). */
const NO_MODERATION = `<?php
add_filter('wp_is_comment_flood', '__return_false', 99);
add_filter('pre_comment_approved', fn() => 1, 99);
`

/** A visitor of the blog, on the desktop. It knows one host as the blog's, until it is told of another. */
export class Visitor {
  readonly #lab: Lab

  private constructor(lab: Lab) {
    this.#lab = lab
  }

  /** @param writes where it tries to */
  static async begin(lab: Lab, home: Visit['host'], writes: 'on both hosts' | 'on the one it knows'): Promise<Visitor> {
    const plugins = '/srv/www/vhosts/blog/SITE/wp-content/mu-plugins'
    await lab.hosts[home].exec(['sh', '-c', `mkdir -p ${plugins}; cat >${plugins}/no-moderation.php`], NO_MODERATION)
    await lab.sh('pc', `rm -rf ${FOLDER}; mkdir ${FOLDER}; ${writes === 'on both hosts' ? `touch ${FOLDER}/both` : 'true'}`)
    await lab.hosts.pc.exec(['sh', '-c', `cat >${FOLDER}/program.py`], PROGRAM)
    const visitor = new Visitor(lab)
    await visitor.turnTo(home)
    await lab.sh('pc', `systemd-run --quiet --collect --unit visitor python3 ${FOLDER}/program.py`)
    return visitor
  }

  /** DNS tells it another address. */
  async turnTo(home: Visit['host']): Promise<void> {
    await this.#lab.sh('pc', `echo ${home} >${FOLDER}/home.new; mv ${FOLDER}/home.new ${FOLDER}/home`)
  }

  /** All that it did. */
  async end(): Promise<readonly Visit[]> {
    await this.#lab.sh('pc', `touch ${FOLDER}/stop; while systemctl is-active --quiet visitor; do sleep 0.1; done`)
    const lines = (await this.#lab.sh('pc', `cat ${FOLDER}/log`)).trim().split('\n')
    return lines.map(line => JSON.parse(line) as Visit)
  }
}

/** The longest time without a page, in seconds. */
export function longestWithoutPage(visits: readonly Visit[]): number {
  const good = visits.filter(({ comment, ok }) => comment === undefined && ok).map(({ to }) => to)
  return Math.max(...good.slice(1).map((time, index) => time - good[index]!))
}
