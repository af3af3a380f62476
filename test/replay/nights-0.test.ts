import { replayNights } from './nights.ts'

replayNights(0, {})
