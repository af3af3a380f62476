import { openMail } from '../../support/mail-server.ts'
import type { Lab } from '../lab.ts'

/** A mail as its owner reads it: each thing that it tells is one line. */
export interface Letter {
  readonly host: string
  readonly subject: string
  /** What is told under FAILED, Needs attention, Significant and Warnings, without what only explains it. */
  readonly lines: readonly string[]
  readonly text: string
}

const HEADINGS: Readonly<Record<string, string>> = {
  'Needs attention': 'attention',
  Significant: 'significant',
  Warnings: 'warning',
}

/** Takes all mails out of the box of the mail server, the oldest first. */
export async function takeLetters(lab: Lab): Promise<Letter[]> {
  const script =
    'cd /var/mail/sink/new 2>/dev/null || exit 0; for f in *; do [ ! -e "$f" ] || { base64 -w0 "$f"; echo; rm "$f"; }; done'
  const raw = (await lab.sh('nas', script)).split('\n').filter(line => line !== '')
  const mails = raw.map(line => openMail(Buffer.from(line, 'base64').toString('latin1').replaceAll(/\r?\n/g, '\r\n')))
  return mails
    .toSorted((a, b) => Date.parse(a.header('Date') ?? '') - Date.parse(b.header('Date') ?? ''))
    .map(({ header, plain }) => ({
      host: header('X-Holdfast-Host') ?? '?',
      subject: header('Subject') ?? '',
      lines: linesOf(plain),
      text: plain,
    }))
}

/** What a mail tells, a line each, with its heading in front: `failed: blog: Back up blog: why`. */
export function linesOf(plain: string): string[] {
  const told: string[] = []
  let heading: string | undefined
  for (const line of plain.split('\n')) {
    if (line.startsWith('FAILED  ')) {
      told.push(`failed: ${line.slice(8)}`)
      heading = 'failed'
    } else if (!line.startsWith('  ')) heading = HEADINGS[line]
    else if (heading === 'failed') {
      told.push(`${told.pop()}: ${line.trim()}`)
      heading = undefined // the rest explains it
    } else if (heading !== undefined && !line.startsWith('   ')) told.push(`${heading}: ${line.trim()}`)
  }
  return told
}
