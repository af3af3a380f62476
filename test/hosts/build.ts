import { image } from './image.ts'
import { PACKAGES } from './machines.ts'

/** Builds the images before any test's time begins to count. */
if (process.getuid?.() !== 0) {
  console.error('hosts: containers, mounts and networks need root')
  process.exit(1)
}
const began = Date.now()
for (const packages of [['duplicity'], PACKAGES]) await image(packages)
console.log(`hosts: the images are there (${((Date.now() - began) / 1000).toFixed(0)} s)`)
