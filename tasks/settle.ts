import { recipe } from '../lib/engine/recipe.ts'
import { main, type StartOf } from '../lib/main.ts'
import { chooseDisputed, chooseOwner, confirmOwner, settleOwner } from '../lib/moves/settle.ts'
import { beginWithoutBackup, openArchive } from '../lib/parts/begin.ts'
import { settleTask } from '../lib/program/owner-tasks.ts'
import { decideRoles } from '../lib/steps/sites.ts'
import { status } from '../lib/steps/status.ts'

const settle = recipe<StartOf<typeof settleTask>>()
  .use(beginWithoutBackup)
  .use(openArchive)
  .do(decideRoles)
  .do(chooseDisputed)
  .do(status)
  .do(chooseOwner)
  .do(confirmOwner)
  .do(settleOwner)

await main(settleTask, settle)
