import { recipe } from '../lib/engine/recipe.ts'
import { main, type Start } from '../lib/main.ts'
import { archiveAtBoot, isReached, isUnproven, serveUnproven } from '../lib/moves/boot.ts'
import { putBack } from '../lib/parts/begin.ts'
import { knowOwners } from '../lib/parts/decide-sites.ts'
import { bootTask } from '../lib/program/tasks.ts'
import { lockAndKeepTrace } from '../lib/steps/lock.ts'

const boot = recipe<Start>()
  .hold(lockAndKeepTrace)
  .use(putBack)
  .hold(archiveAtBoot)
  .only('Archive', isReached, reached => reached.use(knowOwners))
  .only('Unproven', isUnproven, unproven => unproven.do(serveUnproven))

await main(bootTask, boot)
