import { recipe } from '../engine/recipe.ts'
import {
  type Changes,
  configurationTransaction,
  installConfiguration,
  keepConfiguration,
  rememberLeft,
} from '../steps/configuration.ts'

/**
 * Certificates and web server configuration that an earlier restore could not put in force: tried again, all or
 * nothing; what was in force is kept.
 */
export const finishConfiguration = recipe<Changes>()
  .hold(configurationTransaction)
  .do(installConfiguration)
  .do(rememberLeft)
  .do(keepConfiguration)
