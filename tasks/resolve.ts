import { recipe } from '../lib/engine/recipe.ts'
import { main, type StartOf } from '../lib/main.ts'
import { chooseDisputed, chooseOwner, confirmOwner, resolveConflict } from '../lib/moves/resolve.ts'
import { beginWithoutBackup, openArchive } from '../lib/parts/begin.ts'
import { resolveTask } from '../lib/program/owner-tasks.ts'
import { decideRoles } from '../lib/steps/sites.ts'
import { status } from '../lib/steps/status.ts'

const resolve = recipe<StartOf<typeof resolveTask>>()
  .use(beginWithoutBackup)
  .use(openArchive)
  .do(decideRoles)
  .do(chooseDisputed)
  .do(status)
  .do(chooseOwner)
  .do(confirmOwner)
  .do(resolveConflict)

await main(resolveTask, resolve)
