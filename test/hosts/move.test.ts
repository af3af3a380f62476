import { playPart } from './part.ts'
import { first } from './scenarios/first.ts'
import { MOVE } from './scenarios/move.ts'

playPart('move', first('by hand'), MOVE)
