import { recipe } from '../lib/engine/recipe.ts'
import { main, type StartOf } from '../lib/main.ts'
import { becomeOwner, chooseMovingSite, lookAtMove } from '../lib/moves/move.ts'
import { decideTakeover, isIncoming, isOwnedHere, isTakenByForce } from '../lib/moves/takeover.ts'
import { beginWithoutBackup, openArchiveForBackup } from '../lib/parts/begin.ts'
import { takeByForce, takeOver } from '../lib/parts/move.ts'
import { takeoverTask } from '../lib/program/owner-tasks.ts'
import { decideRoles } from '../lib/steps/sites.ts'

const takeover = recipe<StartOf<typeof takeoverTask>>()
  .use(beginWithoutBackup)
  .use(openArchiveForBackup)
  .do(decideRoles)
  .do(chooseMovingSite)
  .do(lookAtMove)
  .do(decideTakeover)
  .only('Handed over', isIncoming, incoming => incoming.use(takeOver))
  .only('By force', isTakenByForce, forced => forced.use(takeByForce))
  .only('Owned here', isOwnedHere, owned => owned.do(becomeOwner))

await main(takeoverTask, takeover)
