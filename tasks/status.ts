import { recipe } from '../lib/engine/recipe.ts'
import type { Start } from '../lib/main.ts'
import { writePages } from '../lib/notify/status-pages.ts'
import { LOOK_HELP, LOOK_OPTIONS, look, pathIn } from '../lib/program/look.ts'
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

await look(
  {
    name: 'status',
    about: 'The sites, their chains and sizes, what pruning would do next and why. Changes nothing, and may run beside a backup.',
    options: { ...LOOK_OPTIONS, html: { type: 'string' } },
    optionsHelp: `${LOOK_HELP}\n  --html DIR        write it as pages too: index.html, and fleet.html where sites of several hosts are`,
    help: 'Ends with 1 when something is wrong: no recent backup, over an allowance, too little free space, damage, a conflict.',
    read: values => ({ mounted: values.mounted === true, html: pathIn(values, 'html', 'a folder') }),
  },
  status,
  async ({ histories }, found, { json, html }) => {
    if (html !== undefined) await writePages(html, found, histories)
    return { text: json ? JSON.stringify(found, undefined, 2) : statusText(found), exitCode: found.ok ? 0 : 1 }
  },
)
