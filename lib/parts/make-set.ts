import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import { backup, mustBeRepeated, readBackSet } from '../steps/backup.ts'
import { type Checked, recordAnswer } from '../steps/check-site.ts'
import { compareContents } from '../steps/compare-contents.ts'
import { checkShrinkage } from '../steps/verify.ts'

const oneSet = recipe<NeedsOf<typeof backup> & Checked>()
  .do(backup)
  .do(compareContents)
  .do(checkShrinkage)
  .do(recordAnswer)
  .do(readBackSet)

/** One set more, compared with those before and read back; a new chain at once where it was made in vain. */
export const makeSet = recipe<NeedsOf<typeof oneSet>>()
  .use(oneSet)
  .only('Read back differs', mustBeRepeated, again => again.use(oneSet))
