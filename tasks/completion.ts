import { expectNoWords } from '../lib/program/command-line.ts'
import { bashCompletion } from '../lib/program/task-help.ts'
import { TASKS } from '../lib/program/tasks.ts'

expectNoWords('completion', 'prints the completion of all options for bash')
process.stdout.write(bashCompletion(TASKS))
