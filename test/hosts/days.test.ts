import { playPart } from './part.ts'
import { SITES } from './scenarios/sites.ts'
import { TIME } from './scenarios/time.ts'

playPart('days', [...SITES, ...TIME])
