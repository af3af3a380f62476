import { simulateNights } from './years.ts'

// the newer one: with that of the older, three years in each run of the tests
simulateNights(3, Number(process.env.HOLDFAST_NIGHTS ?? 730))
