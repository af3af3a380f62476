import { join } from 'node:path'
import { z } from 'zod'
import { Secret } from '../core/secret.ts'
import { counted, messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import { withFlock } from '../host/locks.ts'
import { readHistory } from '../host/records.ts'
import { readState, rememberOrTell, writeState } from '../host/state.ts'
import type { Host, MailSettings } from '../inventory/schema.ts'
import { type Secrets, secretOf } from '../inventory/secrets.ts'
import { composeMail, isMailDue, type Mail, troubleOf } from '../report/mail.ts'
import type { Picture } from '../report/mail-picture.ts'
import type { Report } from '../report/report.ts'
import { MailQueue, type Send } from './mail-queue.ts'
import { smtpSender } from './smtp.ts'

/** Seconds to wait for another run that sends the queue's mails just now. */
const PATIENCE = 120

/**
 * Mails the report where one is due, and what earlier runs could not send (S35). The mail is on disk before the first
 * try; where the disk takes none, it is sent all the same, for it is what tells of such a disk.
 * @param isAskedOften the same trouble is mailed once a day
 * @throws when a mail was not sent: it waits for the next run, if it could be kept
 */
export async function mailReport(
  host: Pick<Host, 'mail' | 'paths'>,
  secrets: Secrets,
  report: Report,
  shell: Shell,
  isAskedOften: boolean,
): Promise<void> {
  const settings = host.mail
  if (!settings) return
  const due = isMailDue(report, settings.when) && !(isAskedOften && isMailedToday(host, report, shell.now()))
  const folder = join(host.paths.state, 'mail')
  const queue = new MailQueue(folder)
  if (!due && queue.names().length === 0) return
  const what = due ? `mail "${report.subject}" to ${settings.to.join(', ')}` : 'send the mails that wait'
  await shell.act(what, async () => {
    const mail = due ? await composeMail(report, settings, await drawn(host, report, shell)) : undefined
    if (due && isAskedOften) recordMailed(host, report, shell)
    const send = senderOf(settings, secrets, shell)
    const unkept = mail && keep(queue, mail, settings.keep, shell)
    if (mail && unkept !== undefined) return await sendUnkept(mail, unkept, send, shell)
    await sendWaiting(queue, send, join(folder, 'lock'), shell)
  })
}

/** Hours for which the same trouble is not mailed again by a task that is asked every hour. */
const QUIET = 20

/** What such a task mailed last. */
const mailed = z.object({ trouble: z.string().optional(), at: z.number() })

const mailedState = (task: string): string => `mailed-${task}`

function isMailedToday(host: Pick<Host, 'paths'>, report: Report, now: number): boolean {
  const trouble = troubleOf(report)
  if (trouble === undefined) return false
  try {
    const last = readState(host, mailedState(report.task), mailed)
    return last?.trouble === trouble && last.at <= now && last.at > now - QUIET * 3_600_000
  } catch {
    return false
  }
}

function recordMailed(host: Pick<Host, 'paths'>, report: Report, shell: Shell): void {
  const last: z.infer<typeof mailed> = { trouble: troubleOf(report), at: shell.now() }
  rememberOrTell(shell, 'the same will be mailed again', () => writeState(host, mailedState(report.task), last))
}

/** Gives why the mail could not be kept, if it could not. */
function keep(queue: MailQueue, mail: Mail, most: number, shell: Shell): string | undefined {
  try {
    for (const lost of queue.add(mail, shell.now(), most))
      shell.note('problem', `too many mails wait: "${lost.subject}" was never sent and is gone`)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/** Sends a mail that no disk holds. The others wait: what cannot be written could not be remembered as sent either. */
async function sendUnkept(mail: Mail, why: string, send: Send, shell: Shell): Promise<void> {
  const { left, problem } = await send(mail)
  if (problem !== undefined) throw new Error(`${problem}; it could not be kept for the next run either: ${why}`)
  shell.note('problem', `${why}. The mail could not be kept and was sent at once`)
  shell.note('info', `sent "${mail.subject}" to ${mail.to.filter(to => !left.includes(to)).join(', ')}`)
}

/** The mail's picture. What draws it is loaded only here; where it cannot be drawn, the mail goes without. */
async function drawn(host: Pick<Host, 'paths'>, report: Report, shell: Shell): Promise<Picture | undefined> {
  try {
    const { pictureOf } = await import('../report/mail-picture.ts')
    return pictureOf(report, site => readHistory(host, site))
  } catch (error) {
    shell.note('info', `the mail has no chart: ${messageOf(error)}`)
    return undefined
  }
}

async function sendWaiting(queue: MailQueue, send: Send, lock: string, shell: Shell): Promise<void> {
  const { sent, problems, waiting } = await withFlock(lock, PATIENCE, shell, () => queue.sendAll(send))
  for (const mail of sent) shell.note('info', `sent "${mail.subject}" to ${mail.to.join(', ')}`)
  if (problems.length > 0)
    throw new Error(`${problems.join('; ')}; ${counted(waiting, 'mail waits', 'mails wait')} for the next run`)
}

function senderOf({ by }: MailSettings, secrets: Secrets, shell: Shell): Send {
  if (by.kind === 'command') return commandSender(by.command, by.timeout, shell)
  const password = by.secret === undefined ? undefined : secretOf(secrets, by.secret)
  // a server may repeat what it was sent, in the way it was sent
  if (password)
    for (const text of [password.reveal(), `\0${by.user}\0${password.reveal()}`])
      shell.hide(new Secret(Buffer.from(text).toString('base64')))
  return smtpSender({ ...by, password }, shell.stop)
}

/** Sends by a program that takes sendmail's options: a queue of its own begins with its exit code 0. */
function commandSender(command: readonly string[], timeout: number, shell: Shell): Send {
  return async (mail: Mail) => {
    try {
      const input = mail.raw.replaceAll('\r\n', '\n')
      await shell.with({ input, timeout }).act`${command} -f ${mail.from} ${mail.to}`
      return { left: [], problem: undefined, hopeless: false }
    } catch (error) {
      return { left: mail.to, problem: `"${mail.subject}" was not sent: ${messageOf(error)}`, hopeless: false }
    }
  }
}
