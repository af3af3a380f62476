import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import type { SiteAnswer } from '../../lib/core/page.ts'
import type { RestorePoint } from '../../lib/core/restore-point.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import { Stopped } from '../../lib/engine/stop.ts'
import { httpCheck } from '../../lib/host/http-check.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { httpCheckAfter, httpCheckBefore } from '../../lib/steps/restore.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { perform, story } from '../support/perform.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n'
const never = new AbortController().signal

/** Writes something again and again. */
function dripping(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 20)
  socket.on('close', () => clearInterval(timer))
}

/** What a site does with a request. */
const MANNERS = {
  silent: () => {},
  'drips its headers': (socket: Socket) => {
    socket.write(HEAD)
    dripping(socket, 'X-Drop: 1\r\n')
  },
  'drips its page': (socket: Socket) => {
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
    dripping(socket, '1\r\nx\r\n')
  },
  'stops in the middle': (socket: Socket) => socket.write(`${HEAD}Content-Length: 100\r\n\r\nhalf of`),
  'hangs up': (socket: Socket) => socket.destroy(),
  'hangs up in the middle': (socket: Socket) => socket.end(`${HEAD}Content-Length: 100\r\n\r\nhalf of`),
  'never ends': (socket: Socket) => {
    socket.write(`${HEAD}Content-Length: 999999999999\r\n\r\nthe expected text`)
    const fill = (): void => {
      while (!socket.destroyed && socket.write('x'.repeat(65_536)));
    }
    socket.on('drain', fill)
    fill()
  },
  'redirects to itself': (socket: Socket) => socket.end('HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n'),
  'redirects to another port': (socket: Socket) =>
    socket.end('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n'),
  'is no web server': (socket: Socket) => socket.end('220 hello\r\n'),
  works: (socket: Socket) => socket.end(`${HEAD}Content-Length: 17\r\n\r\nthe expected text`),
}
type Manner = keyof typeof MANNERS

let manner: Manner = 'works'
let asked = 0
const server = createServer(socket => {
  socket.on('error', () => {})
  socket.once('data', () => {
    asked++
    MANNERS[manner](socket)
  })
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
after(() => server.close())
const { port } = server.address() as { port: number }
const folder = ownFolder('ask-site')

function placeWith(fields: Partial<HostFile> = {}, expect = 'the expected text') {
  const check = { url: `http://127.0.0.1:${port}/`, expect }
  const host = hostIn(folder, { deadlines: { request: 0.7 }, ...fields })
  const site = siteOf(host, 'blog')
  return { host, site: { ...site, settings: { ...site.settings, check } } }
}

const LATE = { status: undefined, works: false, said: 'no whole answer within 0.7 s' }
const ANSWERS: Readonly<Record<Manner, SiteAnswer | RegExp>> = {
  silent: LATE,
  'drips its headers': LATE,
  'drips its page': LATE,
  'stops in the middle': LATE,
  'hangs up': /ECONNRESET/,
  'hangs up in the middle': /ECONNRESET|aborted/,
  'never ends': { status: 200, works: true, said: 'HTTP 200' },
  'redirects to itself': { status: 302, works: false, said: 'HTTP 302, which redirects in circles' },
  'redirects to another port': { status: 302, works: false, said: 'HTTP 302, without the expected text' },
  'is no web server': /HPE_INVALID|ECONNRESET/,
  works: { status: 200, works: true, said: 'HTTP 200' },
}

for (const [each, wanted] of Object.entries(ANSWERS) as [Manner, SiteAnswer | RegExp][]) {
  test(`httpCheck() asks a site once that ${each}, and takes for an answer what came whole and in time`, async () => {
    manner = each
    asked = 0
    const { host, site } = placeWith()
    const answer = (await httpCheck(host, site, never))!
    if (wanted instanceof RegExp) {
      assert.equal(answer.works, false)
      assert.match(answer.said, wanted)
    } else assert.deepEqual({ status: answer.status, works: answer.works, said: answer.said }, wanted)
    assert.equal(asked, 1)
  })
}

test('httpCheck() waits for no site once the run is stopped, and does not say that the site is broken', async () => {
  manner = 'drips its page'
  const stop = new AbortController()
  setTimeout(() => stop.abort(new Stopped('SIGTERM')), 100)
  const chain = recipe<Parameters<typeof httpCheckBefore.run>[0]>().do(httpCheckBefore)
  const { outcomes } = await perform(chain, placeWith({ deadlines: { request: '1h' } }), { stop: stop.signal })
  assert.deepEqual(story(outcomes), ['http-check-before do stopped: stopped by SIGTERM'])
})

for (const insists of [false, true]) {
  test(`a site that worked before the swap and does not after it is ${insists ? 'left so where a person insists' : 'refused'}`, async () => {
    manner = 'hangs up'
    const point = { set: {} } as RestorePoint
    const facts = {
      ...placeWith(),
      before: { status: 200, works: true, said: 'HTTP 200' },
      insists,
      swapped: true as const,
      point,
    }
    const { outcomes } = await perform(recipe<Parameters<typeof httpCheckAfter.run>[0]>().do(httpCheckAfter), facts)
    assert.match(
      story(outcomes).join(),
      insists
        ? /http-check-after do done/
        : /http-check-after do failed: it answered HTTP 200 before and .* after the restore; the backup may be what is broken/,
    )
  })
}
