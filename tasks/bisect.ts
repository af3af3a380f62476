import { recipe } from '../lib/engine/recipe.ts'
import { main, type StartOf } from '../lib/main.ts'
import { beginWithoutBackup, openArchive } from '../lib/parts/begin.ts'
import { bisectTask } from '../lib/program/tasks.ts'
import { chooseSite } from '../lib/steps/recover.ts'
import { bisectBackups, checkBisectable, reportFileHistory, wantsBisection, wantsFile } from '../lib/steps/restore-test.ts'
import { decideRoles } from '../lib/steps/sites.ts'
import { status } from '../lib/steps/status.ts'

// biome-ignore format: a recipe reads as a table of contents, one stage a line
const bisect = recipe<StartOf<typeof bisectTask>>()
  .use(beginWithoutBackup)
  .use(openArchive)
  .do(decideRoles).do(chooseSite).do(checkBisectable)
  .do(status)
  .only('Bisect', wantsBisection, search => search.do(bisectBackups))
  .only('File', wantsFile, search => search.do(reportFileHistory))

await main(bisectTask, bisect)
