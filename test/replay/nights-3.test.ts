import { replayNights } from './nights.ts'

replayNights(3, { encryption: { kind: 'passphrase', secret: 'PP', generated: true } })
