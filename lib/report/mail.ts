import { EXIT } from '../core/outcome.ts'
import { htmlOf } from './mail-html.ts'
import type { Picture } from './mail-picture.ts'
import type { Report } from './report.ts'
import { textOf } from './text.ts'

/** A mail as it is kept and sent: made once, so that every try sends the same message under the same Message-ID. */
export interface Mail {
  readonly from: string
  /** Who has not got it yet. */
  readonly to: readonly string[]
  readonly messageId: string
  readonly subject: string
  /** The message with its headers: seven-bit text, lines ended by CR LF. */
  readonly raw: string
}

/** Whether a mail is due (S35). */
export function isMailDue(report: Report, when: 'significant' | 'always' | 'never'): boolean {
  return when === 'always' || (when === 'significant' && report.significantRun)
}

/** What is wrong, in so far as a mail that says the same again is no news. Undefined where something is new besides. */
export function troubleOf({ sites, failures, significant, exitCode }: Report): string | undefined {
  if (significant.length > 0) return undefined
  const general = failures.filter(({ site }) => site === undefined)
  return JSON.stringify([
    general.map(({ title, reason }) => (exitCode === EXIT.badInput ? reason : title)),
    ...sites.filter(({ verdict }) => verdict !== 'well').map(({ site, verdict }) => [site, verdict]),
  ])
}

const PICTURE = { filename: 'sizes.png', contentType: 'image/png', contentDisposition: 'inline' as const }

/** Makes the mail of a report, as text and as HTML, which shows the picture, where there is one. */
export async function composeMail(
  report: Report,
  { from, to }: { readonly from: string; readonly to: readonly string[] },
  picture?: Picture,
): Promise<Mail> {
  const { createTransport } = await import('nodemailer')
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' })
  const inline = picture && { ...picture, cid: `sizes.${report.startedAt}@${report.host}.holdfast` }
  const made = await composer.sendMail({
    from: { name: `Holdfast on ${report.host}`, address: from },
    to: [...to],
    subject: report.subject,
    text: textOf(report),
    html: htmlOf(report, inline),
    attachments: inline ? [{ ...PICTURE, content: inline.png, cid: inline.cid }] : [],
    date: new Date(report.endedAt),
    messageId: `<${report.startedAt}.${process.pid}.${report.task}@${report.host}.holdfast>`,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Holdfast-Host': report.host,
      'X-Holdfast-Exit-Code': String(report.exitCode),
    },
    ...(report.exitCode === 0 ? {} : { priority: 'high' as const }),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const raw = (made.message as Buffer).toString('latin1')
  return { from, to, messageId: made.messageId, subject: report.subject, raw }
}
