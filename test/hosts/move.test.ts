import { playPart } from './part.ts'
import { first } from './scenarios/first.ts'
import { MORE_MOVES, MOVE } from './scenarios/move.ts'

/** HOLDFAST_MOVES=all also moves it back by way of a proxy, cuts the power of both hosts, and has a dead one come back. */
playPart('move', first('by hand'), process.env.HOLDFAST_MOVES === 'all' ? [...MOVE, ...MORE_MOVES] : MOVE)
