import { playPart } from './part.ts'
import { NAS } from './scenarios/nas.ts'
import { POWER } from './scenarios/power.ts'
import { VPN } from './scenarios/vpn.ts'

playPart('faults', [...VPN, ...NAS, ...POWER])
