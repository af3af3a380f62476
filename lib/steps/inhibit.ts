import { messageOf } from '../core/message.ts'
import type { Running } from '../engine/background.ts'
import type { Hold } from '../engine/step.ts'
import type { Needs } from '../store/facts.ts'

/**
 * Shutdown, sleep and idleness are inhibited for the run (S31), with a reason that a person sees who tries it. logind keeps the lock for as long as
 * systemd-inhibit lives, and that lives until its standard input ends: with the hold, or with this process, however it ends.
 * Where there is no logind the run goes on all the same: it is safe to be killed (S16).
 */
export const inhibit: Hold<Needs<'host'>, { inhibitor: Running | undefined }> = {
  name: 'inhibit',
  title: 'Inhibit shutdown and sleep',
  up: async ({ host }, shell) => {
    const why = `the backup of ${host.name} is running; it will end by itself`
    const options = ['--what=shutdown:sleep:idle', '--who=Holdfast', `--why=${why}`, '--mode=block']
    try {
      const inhibitor = await shell.begin`systemd-inhibit ${options} sh -c ${'echo held; exec cat'}`
      shell.note('info', 'shutdown, sleep and idle are inhibited until it has ended')
      return { inhibitor }
    } catch (error) {
      shell.note('warning', `nothing keeps this machine from being shut down meanwhile: ${messageOf(error)}`)
      return { inhibitor: undefined }
    }
  },
  down: async ({ inhibitor }) => inhibitor?.end(),
}
