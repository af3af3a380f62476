import type { Question } from '../host/ask-pages.ts'
import { pagesOf } from '../host/http-check.ts'
import type { SitePlace } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'

/** A program of the person's own. By what is in it, it is known whether the answers of an earlier search are its. */
export interface Judge {
  readonly path: string
  readonly sha256: string
}

export interface Asked {
  /** A text that each page of a working site contains. */
  readonly expect: string | undefined
  /** The pages that are asked for; those of the check when empty. */
  readonly paths: readonly string[]
  /** A program that judges the pages instead: it is given the URL of each, and exits with 0 where it works. */
  readonly judge?: Judge | undefined
}

/** The same as a text, by which it is known again; undefined for the site's own check. */
export const askedOf = ({ expect, paths, judge }: Asked): string | undefined =>
  expect === undefined && paths.length === 0 && judge === undefined
    ? undefined
    : JSON.stringify({ paths, expect, judge: judge?.sha256 })

/** The same as the live site is asked, or its front page. Its sandbox has one server, which no redirect leaves. */
export function questionInSandbox(host: Host, site: SitePlace, instead: Asked = { expect: undefined, paths: [] }): Question {
  const own = pagesOf(host, site)
  const [first] = own.urls
  const urls = instead.paths.length === 0 ? own.urls : instead.paths.map(path => new URL(path, first).href)
  const question = { ...own, urls, expect: instead.expect ?? own.expect }
  return question.domains.length > 0 ? question : { ...question, anyDomain: true }
}
