import { simulateNights } from './years.ts'

// the newer duplicity: a year in each run of the tests too, which shows all kinds of pruning; more by hand
simulateNights(3, Number(process.env.HOLDFAST_NIGHTS ?? 365))
