import { forgetUnused, image } from './image.ts'
import { forgetLedger } from './ledger.ts'
import { DESKTOP_PACKAGES, PACKAGES } from './machines.ts'
import { PACKAGES as NFS_PACKAGES } from './nfs-machines.ts'
import { sweep } from './owner.ts'
import { bootDisk } from './uml.ts'
import { whyNot } from './why-not.ts'

/** Builds the images before any test's time begins to count; takes away what a run that was killed has left. */
const why = await whyNot()
if (why.length > 0) {
  console.error(`hosts: this machine cannot boot whole machines:\n${why.map(each => `  ${each}`).join('\n')}`)
  process.exit(1)
}
const began = Date.now()
forgetLedger()
await sweep()
for (const packages of [DESKTOP_PACKAGES, PACKAGES]) await image(packages)
await bootDisk(await image(NFS_PACKAGES))
await forgetUnused()
console.log(`hosts: the images are there (${((Date.now() - began) / 1000).toFixed(0)} s)`)
