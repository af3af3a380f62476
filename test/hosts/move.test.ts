import { playPart } from './part.ts'
import { first } from './scenarios/first.ts'
import { MORE_MOVES, MOVE } from './scenarios/move.ts'

/** HOLDFAST_MOVES=all also cuts the power in moves, and has a dead one come back. */
playPart('move', first('by hand'), process.env.HOLDFAST_MOVES === 'all' ? [...MOVE, ...MORE_MOVES] : MOVE)
