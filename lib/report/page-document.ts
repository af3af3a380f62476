import { escapeHtml } from './html.ts'
import { PAGE_STYLE } from './page-style.ts'

/** A document of its own: no network, no script, nothing from elsewhere; it works from a file. */
export function documentOf(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escapeHtml(title)}</title><style>${PAGE_STYLE}</style></head>
<body>${body}</body></html>
`
}
