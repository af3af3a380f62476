import assert from 'node:assert/strict'
import { type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { markerOf } from '../core/marker.ts'
import { lineOf } from '../engine/command.ts'
import { HOME } from '../program/command-line.ts'
import { output } from '../sandbox/process.ts'
import { createStatic } from '../sandbox/static-site.ts'
import { type Answer, serve } from '../sandbox/web.ts'
import { addPost, createWordpress, type WordPressSite } from '../sandbox/wordpress.ts'
import { type DemoHost, DOMAIN, type Stage } from './stage.ts'

/** A post of the demo: its number, and a text that no other page has. */
export interface Post {
  readonly id: number
  readonly title: string
}

export async function makeSites({ web1 }: Stage): Promise<WordPressSite> {
  const plan = { vhosts: web1.vhosts, name: 'blog', domain: DOMAIN, title: 'The blog', mariadb: web1.mariadb }
  const blog = await createWordpress({ ...plan, databaseHost: 'localhost' })
  await ask(web1, '/') // as on any site that is not of this minute: the first visit makes WordPress write its defaults
  const leaflet = await createStatic({ vhosts: web1.vhosts, name: 'leaflet' })
  for (const site of [blog, leaflet]) await writeFile(join(site.folder, markerOf(web1.name)), '')
  return blog
}

export async function night({ inventory }: Stage, host: DemoHost, stop: AbortSignal): Promise<void> {
  await runTask(['tasks/nightly.ts', '--host', host.name, '--inventory', inventory], stop)
}

/**
 * Runs a task as a person would, on this program's terminal. It has a process group of its own: a stop reaches it once,
 * from here; should this program be killed, the kernel tells it. @throws when it does not end with 0
 */
async function runTask(words: readonly string[], stop: AbortSignal): Promise<void> {
  stop.throwIfAborted()
  const command = ['npx', 'zx', ...words]
  console.log(`$ ${lineOf(command)}`)
  const options: SpawnOptions = { cwd: HOME, stdio: ['ignore', 'inherit', 'inherit'], detached: true }
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...command], options)
  const end = (): boolean => process.kill(-child.pid!, 'SIGTERM')
  stop.addEventListener('abort', end, { once: true })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  stop.removeEventListener('abort', end)
  stop.throwIfAborted()
  if (code !== 0) throw new Error(`${words[0]} ended with ${signal ?? `exit code ${code}`}, wanted 0`)
}

/** Publishes a post on web1, and checks that web1 shows it and web2 does not. */
export async function writePost(blog: WordPressSite, { web1, web2 }: Stage): Promise<Post> {
  const title = `Written on web1 at ${new Date().toTimeString().slice(0, 8)}`
  const post = { id: await addPost(blog, title, 'It must be on web2 after the next night.'), title }
  assert.ok(shows(await ask(web1, pathOf(post)), post), 'web1 does not show the post that was written there')
  assert.ok(!shows(await ask(web2, pathOf(post)), post), 'web2 shows a post that no night has brought there yet')
  return post
}

/** Checks that web2's replica of the blog serves the post, out of its own files and its own database. */
export async function checkPost({ web2 }: Stage, post: Post): Promise<string> {
  const answer = await ask(web2, pathOf(post))
  assert.ok(shows(answer, post), `web2 does not show the post "${post.title}": HTTP status ${answer.status}`)
  return `GET ${pathOf(post)} from web2: ${answer.status}, with the title "${post.title}"`
}

export async function checkFiles({ web1, web2 }: Stage): Promise<string> {
  await output('diff', ['--recursive', '--no-dereference', '--brief', web1.vhosts, web2.vhosts, '--exclude=.holdfast'])
  return 'every file of blog and leaflet is the same on both hosts'
}

const shows = ({ status, body }: Answer, { title }: Post): boolean => status === 200 && body.includes(title)

const pathOf = ({ id }: Post): string => `/?p=${id}`

async function ask({ vhosts, mariadb }: DemoHost, path: string): Promise<Answer> {
  await using server = await serve(join(vhosts, 'blog', 'SITE'), { socket: mariadb.socket })
  return await server.get(path)
}
