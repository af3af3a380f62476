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

/** What is wrong, in so far as a mail that says the same again is no news. Nothing where something is new besides. */
export function troubleOf({ sites, failures, significant }: Report): string | undefined {
  if (significant.length > 0) return undefined
  const general = failures.filter(({ site }) => site === undefined).map(({ title }) => title)
  return JSON.stringify([
    general,
    ...sites.filter(({ verdict }) => verdict !== 'well').map(({ site, verdict }) => [site, verdict]),
  ])
}

/**
 * Makes the mail of a report, text and HTML from the one model; the picture, where there is one, is a part of it that
 * the HTML shows.
 */
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
    attachments: inline
      ? [
          {
            filename: 'sizes.png',
            content: inline.png,
            contentType: 'image/png',
            cid: inline.cid,
            contentDisposition: 'inline' as const,
          },
        ]
      : [],
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
