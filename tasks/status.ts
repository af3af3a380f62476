import { recipe } from '../lib/engine/recipe.ts'
import { main, type StartOf } from '../lib/main.ts'
import { openArchiveForLook } from '../lib/parts/look.ts'
import { look, showStatus } from '../lib/program/look.ts'
import { statusTask } from '../lib/program/tasks.ts'
import { checkFreeSpace } from '../lib/steps/archive.ts'
import { acceptSeals, clearSuspicion, isCleared } from '../lib/steps/seals.ts'
import { decideRoles, findSites } from '../lib/steps/sites.ts'
import { allSites, examineSite, examineSpace } from '../lib/steps/status.ts'

const status = recipe<StartOf<typeof statusTask>>()
  .do(findSites)
  .do(clearSuspicion)
  .use(openArchiveForLook)
  .do(decideRoles)
  .do(checkFreeSpace)
  .do(examineSpace)
  .each('Sites', allSites, site => site.only('Cleared', isCleared, cleared => cleared.do(acceptSeals)).do(examineSite))

await main(statusTask, status, look(showStatus))
