import { recipe } from '../engine/recipe.ts'
import {
  type Changes,
  configurationTransaction,
  installSystemFiles,
  keepConfiguration,
  rememberLeft,
} from '../steps/configuration.ts'

/** What an earlier restore could not put in force is tried again, all or nothing. */
export const finishConfiguration = recipe<Changes>()
  .hold(configurationTransaction)
  .do(installSystemFiles)
  .do(rememberLeft)
  .do(keepConfiguration)
