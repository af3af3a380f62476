import { normalize } from 'node:path'

/** Why a configuration is not put in force by itself, with the line that it is about. */
export interface Objection {
  readonly line: number
  readonly text: string
}

/** What the configuration of one site may name on a host without anybody's approval. */
export interface SiteRights {
  /** All of `NAME/`. */
  readonly folder: string
  readonly certificates: string
  /** Its lineages that are the site's own. */
  readonly lineages: readonly string[]
  /** Why a domain name is not the site's to answer to; undefined for one that is. */
  readonly nameObjection: (name: string) => string | undefined
  /** Unix sockets of programs that already run this site's code on this host. */
  readonly sockets: readonly string[]
  /** Ports on which the web server listens already. */
  readonly ports: readonly number[]
}

/** Says what is wrong with the words after a directive's name; undefined for nothing. */
export type Judge = (words: readonly string[], rights: SiteRights) => string | undefined

/** Makes a judge of a pattern for all words, joined by single spaces. */
export const words =
  (pattern: RegExp, wanted: string): Judge =>
  found =>
    pattern.test(found.join(' ')) ? undefined : `wanted ${wanted}`

/** Makes a judge of a test that each word must pass, of which there is at least one. */
export const each =
  (isWanted: (word: string, rights: SiteRights) => boolean, wanted: string): Judge =>
  (found, rights) =>
    found.length > 0 && found.every(word => isWanted(word, rights)) ? undefined : `wanted ${wanted}`

/** Makes a judge of a test that the only word must pass. */
export const one =
  (isWanted: (word: string, rights: SiteRights) => boolean, wanted: string | ((rights: SiteRights) => string)): Judge =>
  ([word = '', ...more], rights) =>
    more.length === 0 && isWanted(word, rights) ? undefined : `wanted ${typeof wanted === 'string' ? wanted : wanted(rights)}`

/** Judges by another number of words each. */
export const byCount =
  (judges: Readonly<Record<number, Judge>>, wanted: string): Judge =>
  (found, rights) =>
    (judges[found.length] ?? (() => `wanted ${wanted}`))(found, rights)

export const isOnOrOff: Judge = words(/^(on|off)$/i, 'on or off')

/** Domain names that are the site's to answer to. */
export const ownNames: Judge = (found, { nameObjection }) =>
  found.length === 0
    ? 'wanted a domain name'
    : found.map(name => nameObjection(name.toLowerCase())).find(text => text !== undefined)

/** A folder or file of the site, without patterns; not in the folder that is Holdfast's own. */
export const ownPath: Judge = one(
  (path, { folder }) => {
    const bare = path.replace(/\/$/, '')
    const isBelow = bare === folder || bare.startsWith(`${folder}/`)
    return isBelow && normalize(bare) === bare && !bare.split('/').includes('.holdfast') && !/[*?[\]$%]/.test(path)
  },
  ({ folder }) => `a folder of the site, such as ${folder}/SITE`,
)

/** The name of a file without any folder, as in a list of index pages. */
export const isPlainName = (word: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(word)

/** A path of a page on the site, without what a pattern or a variable would be written with. */
export const isPagePath = (word: string): boolean => /^\/[A-Za-z0-9._~/-]*$/.test(word) && !word.split('/').includes('..')

/** A file of one of the site's own lineages. */
export const ownCertificate = (...files: readonly string[]): Judge =>
  one(
    (path, { certificates, lineages }) =>
      lineages.some(lineage => files.some(file => path === `${certificates}/live/${lineage}/${file}.pem`)),
    ({ certificates }) => `${files.join('.pem or ')}.pem of a certificate of the site's own domains, below ${certificates}/live`,
  )

/** A file of certbot's own, in the folder of certificates. */
export const certbotFile = (name: string): Judge =>
  one(
    (file, { certificates }) => file === `${certificates}/${name}`,
    ({ certificates }) => `${certificates}/${name}`,
  )

/** A directive or a section that may be put in force without approval, and the places where it may stand. */
export interface Rule<Place> {
  readonly in: readonly Place[]
  readonly judge: Judge
}

export const rule = <Place>(places: readonly Place[], judge: Judge): Rule<Place> => ({ in: places, judge })

export const ruleOf = <Each>(rules: Readonly<Record<string, Each>>, name: string): Each | undefined =>
  Object.hasOwn(rules, name) ? rules[name] : undefined

/** What is wrong with words at a place by a rule; undefined for nothing. */
export function violationOf<Place>(
  wanted: Rule<Place> | undefined,
  place: Place,
  found: readonly string[],
  rights: SiteRights,
): string | undefined {
  if (!wanted) return 'it is not on the list of what is put in force without approval'
  return wanted.in.includes(place) ? wanted.judge(found, rights) : 'it may not stand here'
}
