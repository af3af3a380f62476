import { normalize } from 'node:path'
import { parseTime } from '../core/age.ts'
import { BadInput } from '../core/bad-input.ts'
import { messageOf } from '../core/wording.ts'
import type { Asked } from './question.ts'

/** What a person looks for among the backups of a site. */
export interface Search extends Asked {
  /** Only backups up to then; ms since the epoch. */
  readonly before: number | undefined
  /** The file whose history is asked for, instead of the last good backup: a path in the site's folder. */
  readonly file: string | undefined
}

/** Checks the options of a search, before anything is touched. @throws {BadInput} */
export function readSearch(values: Readonly<Record<string, unknown>>, now: number): Search {
  const sites = (values.site as string[] | undefined) ?? []
  if (sites.length !== 1)
    throw new BadInput(`--site: found ${sites.length === 0 ? 'none' : sites.length}, wanted the one site to look at`)
  const paths = (values.path as string[] | undefined) ?? []
  const wrong = paths.find(path => !/^\/[!-~]*$/.test(path))
  if (wrong !== undefined) throw new BadInput(`--path ${JSON.stringify(wrong)}: wanted a path such as /shop/`)
  const expect = values.expect as string | undefined
  const file = values.file === undefined ? undefined : normalize(values.file as string)
  if (file !== undefined && (expect !== undefined || paths.length > 0))
    throw new BadInput('--file needs no restore: it takes no --expect or --path')
  if (file !== undefined && /^(\/|\.\.?(\/|$))/.test(file))
    throw new BadInput(`--file ${JSON.stringify(file)}: wanted a file in the site's folder, such as SITE/wp-login.php`)
  return { expect, paths, file, before: values.before === undefined ? undefined : timeOf(values.before as string, now) }
}

function timeOf(text: string, now: number): number {
  try {
    return parseTime(text, now, '--before')
  } catch (error) {
    throw new BadInput(messageOf(error))
  }
}
