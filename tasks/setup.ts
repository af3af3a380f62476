import { BadInput } from '../lib/core/bad-input.ts'
import { EXIT } from '../lib/core/outcome.ts'
import { wordsAfterScript } from '../lib/program/command-line.ts'
import { readSetupOptions, SETUP_HELP } from '../lib/setup/options.ts'
import { setUp } from '../lib/setup/setup.ts'

try {
  const options = readSetupOptions(wordsAfterScript(process.argv))
  if (options.help) console.log(SETUP_HELP)
  else process.exitCode = (await setUp(options)) ? EXIT.well : EXIT.failed
} catch (error) {
  if (!(error instanceof BadInput)) throw error
  console.error(error.message)
  process.exitCode = EXIT.badInput
}
