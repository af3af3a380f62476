import type { Condition } from '../../engine/step.ts'
import type { Recovery } from '../../restore/recovery.ts'
import type { Needs } from '../../store/facts.ts'
import type { RolledBack } from './mend.ts'

type WithRecovery = { recovery: Recovery }

/** The three things that a recovery can be. */
export const wantsUndo: Condition<WithRecovery & RolledBack & Needs<'request'>, object> = ({ recovery, rolledBack, request }) => {
  if (!recovery.undo) return 'not asked for'
  const [site = ''] = request.only
  return rolledBack.includes(site) ? 'the last restore had been interrupted: that it was rolled back just now is the undo' : {}
}
export const wantsList: Condition<WithRecovery, object> = ({ recovery }) => (recovery.list ? {} : 'not asked for')
export const wantsRestore: Condition<WithRecovery, object> = ({ recovery }) =>
  recovery.list ? 'only the list was asked for' : {}
export const wantsElsewhere: Condition<WithRecovery, { into: string }> = ({ recovery }) =>
  recovery.into === undefined ? 'it is restored in place' : { into: recovery.into }
export const wantsInPlace: Condition<WithRecovery, object> = ({ recovery }) =>
  recovery.into === undefined ? {} : 'it is restored elsewhere'
export const wantsArchive: Condition<WithRecovery, object> = ({ recovery }) => (recovery.undo ? 'an undo needs no archive' : {})
