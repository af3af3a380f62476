import { messageOf } from '../core/wording.ts'
import { CommandFailed, lastLines, TimedOut } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'

/** Starts a unit of systemd. @throws with what its processes wrote into the journal: systemctl(1) does not say why */
export async function startUnit(unit: string, shell: Shell): Promise<void> {
  const began = shell.now()
  try {
    await shell.act`systemctl start ${unit}`
  } catch (error) {
    if (!(error instanceof CommandFailed) || error instanceof TimedOut) throw error
    const said = await saidBy(unit, began, shell)
    throw said === '' ? error : new Error(`${unit} does not start: ${said}`, { cause: error })
  }
}

/** The last lines that a unit's own processes wrote into the journal since a time (ms). Empty where there is none. */
async function saidBy(unit: string, since: number, shell: Shell): Promise<string> {
  const options = ['--quiet', '--output=json', '--output-fields=MESSAGE,_PID', `--since=@${Math.floor(since / 1000)}`]
  try {
    return await shell.with({ onLine: () => {} }).ask(messagesIn)`journalctl ${options} --unit=${unit}`
  } catch (error) {
    shell.note('info', `the journal of ${unit}: ${messageOf(error)}`)
    return ''
  }
}

/** A line of JSON an entry (systemd.journal-fields(7)); a message that is no text is an array of bytes. */
function messagesIn(json: string): string {
  const entries = json.split('\n').filter(line => line !== '')
  const parsed = entries.map(line => JSON.parse(line) as { MESSAGE?: unknown; _PID?: string })
  const own = parsed.filter(({ MESSAGE, _PID }) => typeof MESSAGE === 'string' && _PID !== '1' && !/dmesg\(1\)/.test(MESSAGE))
  return lastLines(own.map(({ MESSAGE }) => MESSAGE).join('\n'), 2)
}
