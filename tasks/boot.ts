import { recipe } from '../lib/engine/recipe.ts'
import { main, type Start } from '../lib/main.ts'
import { bootTask } from '../lib/program/tasks.ts'
import { lockAndKeepTrace } from '../lib/steps/lock.ts'
import { rollBackInterrupted } from '../lib/steps/undo.ts'

const boot = recipe<Start>().hold(lockAndKeepTrace).do(rollBackInterrupted)

await main(bootTask, boot)
