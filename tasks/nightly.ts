import '../lib/early.ts'
import { recipe } from '../lib/engine/recipe.ts'
import { main, type StartOf } from '../lib/main.ts'
import { backUp, checkPrimary, saveSite } from '../lib/parts/back-up.ts'
import { begin, openArchiveForBackup } from '../lib/parts/begin.ts'
import { decideSites } from '../lib/parts/decide-sites.ts'
import { endNight } from '../lib/parts/end-night.ts'
import { nightlyTask } from '../lib/program/tasks.ts'
import { prune } from '../lib/steps/prune.ts'
import { primaries, replicas } from '../lib/steps/sites.ts'

const nightly = recipe<StartOf<typeof nightlyTask>>()
  .use(begin)
  .use(openArchiveForBackup)
  .use(decideSites)
  .each('Primary sites', primaries, site => site.use(checkPrimary).do(prune).use(saveSite).use(backUp))
  .each('Replica sites', replicas, async site => site.use((await import('../lib/parts/follow-primary.ts')).followPrimary))
  .use(endNight)

await main(nightlyTask, nightly)
