import { BadInput } from '../core/bad-input.ts'
import { LONGEST_SEARCH, read, search } from '../duplicity/io/exclusions.ts'
import { isLeftOut, parseSelection, problemsOf } from '../duplicity/selection.ts'
import type { Step } from '../engine/step.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import type { Needs } from '../store/facts.ts'

/**
 * Checks the exclusions before anything is mounted (S32): what duplicity would refuse is bad input. A pattern that matches nothing is only told:
 * a cache that is not there today is no reason to lose a backup, but a mistyped path fills the archive for months.
 */
export const checkExclusions: Step<Needs<'site'>, void> = {
  name: 'exclusions',
  title: ({ site }) => `Check the exclusions${site.settings.excludeFrom === undefined ? ' (none)' : ''}`,
  run: async ({ site }, shell) => {
    const file = site.settings.excludeFrom
    using opened = OpenedFolder.openPlain(site.folder)
    if (!opened) throw new BadInput(`there is no folder ${site.folder} to back up`)
    if (file === undefined) return
    const patterns = parseSelection(read(file))
    const problems = problemsOf(patterns, site.folder)
    if (isLeftOut(patterns, site.folder, true) && !patterns.some(({ includes }) => includes))
      throw new BadInput(`${file}: it leaves out all of ${site.folder}, and nothing would be backed up`)
    if (problems.length > 0) throw new BadInput(`${file}: ${problems.join('; ')}`)
    const { unmatched, gaveUp } = search(opened, patterns, shell.now, shell.stop)
    const found = gaveUp ? `was found within ${LONGEST_SEARCH} s` : 'is there'
    for (const { line, glob } of unmatched)
      shell.note('warning', `${file}, line ${line}: nothing that "${glob}" matches ${found}`)
    shell.note('info', `${patterns.length} patterns in ${file}`)
  },
}
