import { simulateNights } from './years.ts'

simulateNights(3, process.env.HOLDFAST_TEST_LONG ? 3 * 365 : 270)
