import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import { checkElsewhere, restoreFilesElsewhere } from '../steps/elsewhere.ts'
import { checkDecryption } from '../steps/gpg.ts'
import { checkSpaceElsewhere } from '../steps/restore.ts'

/** Restores into another folder, and touches nothing live. */
export const restoreElsewhere = recipe<NeedsOf<typeof checkDecryption> & NeedsOf<typeof restoreFilesElsewhere>>()
  .do(checkDecryption)
  .do(checkElsewhere)
  .do(checkSpaceElsewhere)
  .do(restoreFilesElsewhere)
