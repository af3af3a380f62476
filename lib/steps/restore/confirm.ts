import { formatAge } from '../../core/age.ts'
import { Declined } from '../../core/bad-input.ts'
import type { Transaction } from '../../core/restore-journal.ts'
import { printTime, type RestorePoint } from '../../core/restore-point.ts'
import type { Step } from '../../engine/step.ts'
import { ask } from '../../host/terminal.ts'
import type { Looked } from '../../restore/disk-space.ts'
import type { Recovery } from '../../restore/recovery.ts'
import { whatOf } from '../../restore/scope.ts'
import type { Needs } from '../../store/facts.ts'

/** What is to be put in place: a backup, or what an earlier restore replaced. */
type Asked = Needs<'host' | 'site' | 'request'> & { recovery: Recovery } & (
    | ({ readonly point: RestorePoint } & Looked<'recover'>)
    | { readonly kept: Transaction }
  )

/** Asks for a yes, on a terminal, unless it was given. */
export const confirm: Step<Asked, void> = {
  name: 'confirm',
  title: 'Confirm',
  run: async ({ host, site, request, recovery, ...by }, shell) => {
    if (recovery.yes || request.dryRun) return
    const what = recovery.undo ? `what is live of ${site.name}` : `the live ${whatOf(recovery.scope)} of ${site.name}`
    const ago = (time: number): string => `${formatAge(shell.now() - time)} ${'kept' in by ? 'ago' : 'old'}`
    const other =
      'kept' in by
        ? `what the restore of ${ago(by.kept.startedAt)} replaced`
        : `the backup of ${printTime(by.point.time)}, ${ago(by.point.time)}`
    const question = `Replace ${what} on ${host.name} by ${other}? What is there now is kept, --undo brings it back. Type yes: `
    const need = 'kept' in by ? undefined : (by.room.doubt ?? by.room.text)
    const answer = await ask(need === undefined ? question : `${need}.\n${question}`, shell.stop)
    if (answer?.trim().toLowerCase() !== 'yes') throw new Declined('not confirmed: nothing was touched')
  },
}
