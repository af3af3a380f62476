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
  say('Two hosts in a sandbox: web1 owns two sites, web2 keeps replicas of them')
  await using stage = await openStage()
  console.log(`${stage.folder}: blog is a WordPress with its database, leaflet plain files`)
  const blog = await makeSites(stage)
  say('Night 1 on web1: no backup yet, so both are full')
  await night(stage, stage.web1, stop)
  say('Night 1 on web2: both sites are new there, and restored from the archive')
  await night(stage, stage.web2, stop)
  const post = await writePost(blog, stage)
  say('Night 2 on web1: a post was written in the blog, nothing in the leaflet')
  await night(stage, stage.web1, stop)
  say('Night 2 on web2: the blog is restored, with the post')
  await night(stage, stage.web2, stop)
  say('Is the post on web2?')
  console.log(`${await checkPost(stage, post)}\n${await checkFiles(stage)}`)
  say('What is in the archive')
  console.log(`${endingOf(stage)}\nThe demo ended well after ${Math.round((Date.now() - began) / 1000)} s.`)
}

const say = (text: string): void => console.log(`\n── ${text} ${'─'.repeat(Math.max(0, 75 - text.length))}`)

expectNoWords('demo', 'two hosts in a sandbox, two nights, and a post that travels from one to the other')
const stop = listenForStop()
await demo(stop.signal).catch(error => {
  console.error(`\nThe demo failed: ${messageOf(error)}`)
  process.exitCode = exitCodeOf([], stop.by()) || EXIT.failed
})
process.exit()
