import { recipe } from '../lib/engine/recipe.ts'
import { main, type StartOf } from '../lib/main.ts'
import { openArchiveForLook } from '../lib/parts/look.ts'
import { look, showForecast } from '../lib/program/look.ts'
import { forecastTask } from '../lib/program/tasks.ts'
import { decideRoles, findSites } from '../lib/steps/sites.ts'
import { allSites, examineSite } from '../lib/steps/status.ts'

const measure = recipe<StartOf<typeof forecastTask>>()
  .do(findSites)
  .use(openArchiveForLook)
  .do(decideRoles)
  .each('Sites', allSites, site => site.do(examineSite))

await main(forecastTask, measure, look(showForecast))
