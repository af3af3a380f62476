import { recipe } from '../../engine/recipe.ts'
import type { Needs } from '../facts.ts'
import { askAfter, askBefore } from './ask-site.ts'
import type { Scope } from './scope.ts'
import { swapIn } from './swap.ts'
import { installSystemFiles, readSystemFiles, rememberLeft } from './system-files.ts'
import { commit, type Restoring } from './transaction.ts'

/** What was restored and checked goes live: files, database, certificates, web server configuration; a site that then works no more is put back. */
export const putLive = recipe<Needs<'host' | 'secrets' | 'request' | 'site'> & { restoring: Restoring; scope: Scope }>()
  .do(readSystemFiles)
  .do(askBefore)
  .do(swapIn)
  .do(installSystemFiles)
  .do(askAfter)
  .do(rememberLeft)
  .do(commit)
