/**
 * For a benchmark: `node --import` of this file runs a task in which nothing that was made is read back. It takes the place of the step, and of nothing else.
 */
import { registerHooks } from 'node:module'

const STEP = new URL('../../lib/steps/read-back-set.ts', import.meta.url).href
const NOTHING = `
export const readBackSet = { name: 'read-back', title: 'Read nothing back', run: async ({ collection }) => ({ collection }) }
export const mustBeRepeated = () => 'nothing was read back'
`

registerHooks({
  load: (url, context, next) => (url === STEP ? { format: 'module', source: NOTHING, shortCircuit: true } : next(url, context)),
})
