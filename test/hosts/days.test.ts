import { playPart } from './part.ts'
import { first } from './scenarios/first.ts'
import { SITES } from './scenarios/sites.ts'
import { TIME } from './scenarios/time.ts'

playPart('days', first('from cron'), [...SITES, ...TIME])
