import { simulateNights } from './years.ts'

simulateNights(3, 3 * 365)
