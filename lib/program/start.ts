import type { Needs } from '../steps/facts.ts'

/** What every recipe may need at its start. */
export type Start = Needs<'host' | 'secrets' | 'request'>
