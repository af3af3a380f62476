import { lstatSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { BadInput } from '../../core/bad-input.ts'
import type { RestorePoint } from '../../core/restore-point.ts'
import type { Step } from '../../engine/step.ts'
import type { Needs } from '../facts.ts'
import { fetchTree } from './fetch.ts'
import { partsOf, type Scope } from './scope.ts'

type Elsewhere = Needs<'host' | 'secrets' | 'site' | 'siteArchive'> & { point: RestorePoint; scope: Scope; into: string }

/** Restores into a folder of the person's choice, and touches nothing live. The database is there as its dump. */
export const restoreElsewhere: Step<Elsewhere, void> = {
  name: 'restore-elsewhere',
  title: ({ into }) => `Restore into ${into}`,
  run: async ({ host, secrets, site, siteArchive, point, scope, into }, shell) => {
    const there = lstatSync(into, { throwIfNoEntry: false })
    if (there && (!there.isDirectory() || readdirSync(into).length > 0))
      throw new BadInput(`--into ${into}: wanted a folder that is empty or not there yet`)
    const common = { host, secrets, site: site.name, archive: siteArchive, point }
    const parts = partsOf(scope)
    if (there && parts === undefined) await shell.act(`remove the empty folder ${into}`, () => rmdirSync(into))
    for (const path of parts ?? [undefined]) {
      await fetchTree(
        { ...common, into: path === undefined ? into : join(into, path), ...(path === undefined ? {} : { path }) },
        shell,
      )
    }
    shell.note('significant', `${site.name} is in ${into}`)
  },
}
