import { recipe } from '../lib/engine/recipe.ts'
import type { Start } from '../lib/main.ts'
import { look } from '../lib/program/look.ts'
import { showForecast } from '../lib/program/show-forecast.ts'
import { forecastTask } from '../lib/program/tasks.ts'
import { lookAtArchive } from '../lib/steps/check-mount.ts'
import { allSites, examineSite, type Look, mountForLook, vpnForLook } from '../lib/steps/look.ts'
import { decideRoles } from '../lib/steps/roles.ts'
import { findSites } from '../lib/steps/sites.ts'

const measure = recipe<Start & Look>()
  .do(findSites)
  .hold(vpnForLook)
  .hold(mountForLook)
  .do(lookAtArchive)
  .do(decideRoles)
  .each('Sites', allSites, site => site.do(examineSite))

await look(forecastTask, measure, showForecast)
