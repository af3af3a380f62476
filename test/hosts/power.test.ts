import { playPart } from './part.ts'
import { first } from './scenarios/first.ts'
import { POWER } from './scenarios/power.ts'

playPart('power', first('by hand'), POWER)
