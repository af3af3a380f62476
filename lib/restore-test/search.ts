import { createHash } from 'node:crypto'
import { accessSync, constants, readFileSync } from 'node:fs'
import { normalize, resolve } from 'node:path'
import { parseTime } from '../core/age.ts'
import { BadInput } from '../core/bad-input.ts'
import { messageOf } from '../core/wording.ts'
import type { Asked, Judge } from './question.ts'

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
  const judge = values.judge === undefined ? undefined : programAt(values.judge as string)
  if (judge !== undefined && expect !== undefined) throw new BadInput('--judge says what works: it takes no --expect')
  if (file !== undefined && (expect !== undefined || judge !== undefined || paths.length > 0))
    throw new BadInput('--file needs no restore: it takes no --expect, --judge or --path')
  if (file !== undefined && /^(\/|\.\.?(\/|$))/.test(file))
    throw new BadInput(`--file ${JSON.stringify(file)}: wanted a file in the site's folder, such as SITE/wp-login.php`)
  return { expect, paths, judge, file, before: values.before === undefined ? undefined : timeOf(values.before as string, now) }
}

function programAt(path: string): Judge {
  try {
    accessSync(path, constants.X_OK)
    return { path: resolve(path), sha256: createHash('sha256').update(readFileSync(path)).digest('hex') }
  } catch {
    throw new BadInput(`--judge ${path}: wanted a program, such as ./judge.sh`)
  }
}

function timeOf(text: string, now: number): number {
  try {
    return parseTime(text, now, '--before')
  } catch (error) {
    throw new BadInput(messageOf(error))
  }
}
