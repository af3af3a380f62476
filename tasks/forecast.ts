import { recipe } from '../lib/engine/recipe.ts'
import type { Start } from '../lib/main.ts'
import { forecastTask, showForecast } from '../lib/program/forecast-task.ts'
import { look } from '../lib/program/look.ts'
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
