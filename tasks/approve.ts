import { recipe } from '../lib/engine/recipe.ts'
import { main, type Start } from '../lib/main.ts'
import { approveTask } from '../lib/program/tasks.ts'
import { lockAndKeepTrace } from '../lib/steps/lock.ts'
import {
  type Approval,
  confirmApproval,
  isApproved,
  isDeclined,
  rememberApproval,
  rememberDecline,
  showProposal,
} from '../lib/steps/restore/approve.ts'
import { chooseLocalSite } from '../lib/steps/restore/choose.ts'
import { finishIncomplete } from '../lib/steps/restore/finish-configuration.ts'
import { mendRestores } from '../lib/steps/restore/mend.ts'
import { findSites } from '../lib/steps/sites.ts'

// biome-ignore format: a recipe reads as a table of contents, one stage a line
const approve = recipe<Start & { approval: Approval }>()
  .hold(lockAndKeepTrace)
  .do(mendRestores)
  .do(findSites)
  .do(chooseLocalSite)
  .do(showProposal).do(confirmApproval)
  .only('Approved', isApproved, approved => approved
    .do(rememberApproval)
    .use(finishIncomplete))
  .only('Declined', isDeclined, declined => declined
    .do(rememberDecline))

await main(approveTask, approve)
