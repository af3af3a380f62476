import { EXIT } from '../lib/core/outcome.ts'
import { exitCodeOf } from '../lib/core/verdict.ts'
import { messageOf } from '../lib/core/wording.ts'
import { endingOf } from '../lib/demo/ending.ts'
import { checkFiles, checkPost, makeSites, night, writePost } from '../lib/demo/play.ts'
import { openStage } from '../lib/demo/stage.ts'
import { listenForStop } from '../lib/engine/stop.ts'
import { expectNoWords } from '../lib/program/command-line.ts'

/** Two hosts side by side in a sandbox, two nights, and a post that travels from one to the other. */
async function demo(stop: AbortSignal): Promise<void> {
  const began = Date.now()
  say('Two hosts: web1 owns the sites, web2 keeps replicas; each has a MariaDB of its own')
  await using stage = await openStage()
  const blog = await makeSites(stage)
  console.log(`sandbox: ${stage.folder}\nsites: blog (WordPress with its database) and leaflet (plain files)`)
  say('Night 1 on web1: no backup yet, so both are full')
  await night(stage, stage.web1, stop)
  say('Night 1 on web2: both sites are new there, and restored from the archive')
  await night(stage, stage.web2, stop)
  say('A post is written on web1')
  const post = await writePost(blog, stage)
  console.log(`"${post.title}": web1 shows it, web2 does not`)
  say('Night 2 on web1: the blog has a new post, the leaflet has not changed')
  await night(stage, stage.web1, stop)
  say('Night 2 on web2: replays what is new')
  await night(stage, stage.web2, stop)
  say('Is it really there?')
  console.log(`${await checkPost(stage, post)}\n${await checkFiles(stage)}`)
  say('What there is now')
  console.log(`${endingOf(stage)}\n\nThe demo ended well after ${Math.round((Date.now() - began) / 1000)} s.`)
}

const say = (text: string): void => console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 100 - text.length))}`)

expectNoWords('demo', 'two hosts in a sandbox, two nights, and a post that travels from one to the other')
const stop = listenForStop()
await demo(stop.signal).catch(error => {
  console.error(`\nThe demo failed: ${messageOf(error)}`)
  process.exitCode = exitCodeOf([], stop.by()) || EXIT.failed
})
process.exit()
