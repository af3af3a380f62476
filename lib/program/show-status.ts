import { writePages } from '../notify/status-pages.ts'
import { statusText } from '../report/status-text.ts'
import type { Show } from './look.ts'

/** What a person asks of the status. */
export interface StatusOptions {
  /** The folder of the pages. */
  readonly html: string | undefined
}

/** Prints the status, and writes its pages when asked. */
export const showStatus: Show<StatusOptions> = async ({ histories }, found, { json, html }) => {
  if (html !== undefined) await writePages(html, found, histories)
  return { text: json ? JSON.stringify(found, undefined, 2) : statusText(found), exitCode: found.ok ? 0 : 1 }
}
