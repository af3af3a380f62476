import { recipe } from '../lib/engine/recipe.ts'
import { main, type StartOf } from '../lib/main.ts'
import {
  awaitTakeover,
  decideHandover,
  isToBeForwarded,
  isToBeHandedOver,
  isToBeReleased,
  isToBeTakenBack,
  releaseSite,
  takeBack,
} from '../lib/moves/handover.ts'
import { becomeOwner, chooseMovingSite, lookAtMove } from '../lib/moves/move.ts'
import { beginWithoutBackup, openArchiveForBackup } from '../lib/parts/begin.ts'
import { handOver, stepAside } from '../lib/parts/move.ts'
import { handoverTask } from '../lib/program/owner-tasks.ts'
import { checkFreeSpaceToSave } from '../lib/steps/archive.ts'
import { decideRoles } from '../lib/steps/sites.ts'

// biome-ignore format: a recipe reads as a table of contents, one stage a line
const handover = recipe<StartOf<typeof handoverTask>>()
  .use(beginWithoutBackup)
  .use(openArchiveForBackup)
  .do(decideRoles).do(checkFreeSpaceToSave)
  .do(chooseMovingSite).do(lookAtMove).do(decideHandover)
  .only('Hand over', isToBeHandedOver, mine => mine.use(handOver))
  .only('Release', isToBeReleased, frozen => frozen.do(releaseSite))
  .only('Take back', isToBeTakenBack, released => released.do(takeBack).do(becomeOwner))
  .only('Forward', isToBeForwarded, released => released.do(awaitTakeover))
  .use(stepAside)

await main(handoverTask, handover)
