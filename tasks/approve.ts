import { recipe } from '../lib/engine/recipe.ts'
import { main, type StartOf } from '../lib/main.ts'
import { beginWithoutBackup } from '../lib/parts/begin.ts'
import { finishConfiguration } from '../lib/parts/finish-configuration.ts'
import { approveTask } from '../lib/program/tasks.ts'
import { confirmApproval, isApproved, isDeclined, rememberApproval, rememberDecline, showProposal } from '../lib/steps/approve.ts'
import { chooseLocalSite } from '../lib/steps/undo.ts'

// biome-ignore format: a recipe reads as a table of contents, one stage a line
const approve = recipe<StartOf<typeof approveTask>>()
  .use(beginWithoutBackup)
  .do(chooseLocalSite)
  .do(showProposal).do(confirmApproval)
  .only('Approved', isApproved, approved => approved
    .do(rememberApproval)
    .use(finishConfiguration))
  .only('Declined', isDeclined, declined => declined
    .do(rememberDecline))

await main(approveTask, approve)
