import { simulateNights } from './years.ts'

// the older duplicity: a year in each run of the tests, as many nights as you like while you work on pruning
simulateNights(0, Number(process.env.HOLDFAST_NIGHTS ?? 365))
