import { recipe } from '../lib/engine/recipe.ts'
import type { Start } from '../lib/main.ts'
import { writePages } from '../lib/notify/status-pages.ts'
import { look } from '../lib/program/look.ts'
import { statusTask } from '../lib/program/tasks.ts'
import { statusText } from '../lib/report/status-text.ts'
import { lookAtArchive } from '../lib/steps/check-mount.ts'
import { checkFreeSpace } from '../lib/steps/free-space.ts'
import { allSites, examineSite, examineSpace, type Look, mountForLook, vpnForLook } from '../lib/steps/look.ts'
import { decideRoles } from '../lib/steps/roles.ts'
import { findSites } from '../lib/steps/sites.ts'

const status = recipe<Start & Look>()
  .do(findSites)
  .hold(vpnForLook)
  .hold(mountForLook)
  .do(lookAtArchive)
  .do(decideRoles)
  .do(checkFreeSpace)
  .do(examineSpace)
  .each('Sites', allSites, site => site.do(examineSite))

await look(statusTask, status, async ({ histories }, found, { json, html }) => {
  if (html !== undefined) await writePages(html, found, histories)
  return { text: json ? JSON.stringify(found, undefined, 2) : statusText(found), exitCode: found.ok ? 0 : 1 }
})
