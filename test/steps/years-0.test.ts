import { simulateNights } from './years.ts'

simulateNights(0, 3 * 365)
