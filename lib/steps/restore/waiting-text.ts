import { INCOMPLETE } from '../../core/incomplete.ts'
import { differenceOf, plainLine } from '../../core/line-diff.ts'
import type { Host } from '../../inventory/schema.ts'
import { digestOf } from '../../restore/approvals.ts'
import { proposedFile } from '../../restore/kept-proposal.ts'
import type { ConfigurationFile } from '../../restore/proposal.ts'
import type { Request } from '../facts.ts'
import type { Waiting } from './plan-configuration.ts'

/** Lines of a difference that a report shows. */
const SHOWN = 12

/** What is told of configuration that the web server would not take. */
export const failedText = (names: readonly string[], why: string): string =>
  `${INCOMPLETE}${names.join(', ')} of its backup ${names.length === 1 ? 'is' : 'are'} not in force yet, and every night tries again: ${why}`

/** What is told of a file that waits for an administrator's word: why, how it differs from what is in force, and what to type. */
export function waitingText(host: Host, site: string, waiting: Waiting, command: Request['command']): string {
  const { file, objections, inForce } = waiting
  const [first, ...more] = objections
  const besides = more.length === 0 ? '' : `, and ${more.length} more`
  const options = ['--site', site, '--file', file.name, '--digest', shortDigest([file])]
  return [
    `${INCOMPLETE}${file.name} of its backup waits to be approved, for line ${first!.line}: ${plainLine(first!.text)}${besides}`,
    ...differenceOf(inForce, file.text, SHOWN),
    `it lies in ${proposedFile(host, site, file.name)}`,
    `to put it in force: ${command('approve', ...options)}`,
    `to leave it out for good: ${command('approve', ...options, '--decline')}`,
  ].join('\n')
}

/** Names files byte for byte: who approves them by this approves what was shown. */
export const shortDigest = (files: readonly ConfigurationFile[]): string =>
  digestOf(JSON.stringify(files.map(({ name, text }) => [name, text]).toSorted())).slice(0, 32)
