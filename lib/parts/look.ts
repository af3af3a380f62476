import { recipe } from '../engine/recipe.ts'
import type { Look } from '../site/report.ts'
import { lookAtArchive } from '../steps/archive.ts'
import { mountForLook, vpnForLook } from '../steps/status.ts'
import type { Needs } from '../store/facts.ts'

/** The way to the archive for a look, which changes nothing and may run beside a backup. */
export const openArchiveForLook = recipe<Needs<'host'> & Look>().hold(vpnForLook).hold(mountForLook).do(lookAtArchive)
