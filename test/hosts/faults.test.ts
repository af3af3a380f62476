import { playPart } from './part.ts'
import { first } from './scenarios/first.ts'
import { NAS } from './scenarios/nas.ts'
import { VPN } from './scenarios/vpn.ts'

playPart('faults', first('by hand'), [...VPN, ...NAS])
