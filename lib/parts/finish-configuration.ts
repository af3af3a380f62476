import { recipe } from '../engine/recipe.ts'
import {
  type Changes,
  configurationTransaction,
  installSystemFiles,
  keepConfiguration,
  rememberLeft,
} from '../steps/configuration.ts'

/**
 * Certificates and web server configuration that an earlier restore could not put in force: tried again, all or
 * nothing; what was in force is kept.
 */
export const finishConfiguration = recipe<Changes>()
  .hold(configurationTransaction)
  .do(installSystemFiles)
  .do(rememberLeft)
  .do(keepConfiguration)
