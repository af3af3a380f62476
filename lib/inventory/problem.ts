import type { z } from 'zod'
import { BadInput } from '../core/bad-input.ts'

/**
 * Turns zod's issues into lines that say where, what was found and what was wanted.
 * @param fieldsAt the names of the fields that there are at a place
 */
export function refusal(
  file: string,
  issues: readonly z.core.$ZodIssue[],
  fieldsAt: (path: readonly PropertyKey[]) => readonly string[],
): BadInput {
  const lines = issues.map(issue => `  ${placeOf(issue)}: ${sentenceOf(issue, fieldsAt)}`)
  return new BadInput(
    `${file}: ${lines.length === 1 ? 'a field is wrong' : `${lines.length} fields are wrong`}\n${lines.join('\n')}`,
  )
}

function placeOf(issue: z.core.$ZodIssue): string {
  return issue.path.length === 0 ? 'the file as a whole' : issue.path.map(String).join('.')
}

function sentenceOf(issue: z.core.$ZodIssue, fieldsAt: Parameters<typeof refusal>[2]): string {
  if (issue.code === 'unrecognized_keys') {
    const there = fieldsAt(issue.path)
    const known = there.length === 0 ? '' : `; there are ${there.join(', ')}`
    return `unknown field ${issue.keys.map(key => `"${key}"`).join(', ')}${known}`
  }
  const found = issue.input === undefined ? 'missing' : `found ${shorten(JSON.stringify(issue.input))}`
  if (issue.code === 'invalid_type') return `${found}, wanted ${issue.expected}`
  if (issue.code === 'invalid_value') return `${found}, wanted ${issue.values.map(value => JSON.stringify(value)).join(' or ')}`
  return `${found}: ${issue.message}`
}

const shorten = (text = ''): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text)
