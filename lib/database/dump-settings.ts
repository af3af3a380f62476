import type { WordPressSettings } from '../core/site-state.ts'
import type { Shell } from '../engine/shell.ts'
import { openDump, PRINT_DUMP } from './opened-dump.ts'

/** Rows of WordPress's tables that tell its address, its active plugins, and who may do everything. */
const ROWS =
  "^INSERT INTO `[^`]*(options` VALUES \\(([0-9]+,)?'(siteurl|active_plugins)',|usermeta` VALUES \\([0-9]+,[0-9]+,'[^']*capabilities',.*administrator)"

/** Of the largest list of plugins; whoever may write to the database decides how many such rows there are. */
const MOST = { lines: 2000, characters: 100_000 } as const

/** `grep` ends with 1 when there is no such row. */
const FIND = `{ ${PRINT_DUMP} | LC_ALL=C grep --text --extended-regexp "$2"; [ $? -le 1 ]; } | head -n ${MOST.lines} | cut -c 1-${MOST.characters}`

/** The settings of the WordPress in the dump of a site's folder; undefined where there is no dump. */
export async function dumpSettingsOf(folder: string, shell: Shell): Promise<WordPressSettings | undefined> {
  using dump = openDump(folder)
  if (!dump) return undefined
  const quiet = shell.with({ onLine: () => {}, opened: [dump.place] })
  return settingsIn(await quiet.ask(String)`sh -c ${FIND} dump-settings ${dump.place.path} ${ROWS}`)
}

/** The settings that such rows tell. */
export function settingsIn(rows: string): WordPressSettings {
  const found = { siteUrls: new Set<string>(), activePlugins: new Set<string>(), administrators: new Set<string>() }
  for (const row of rows.split('\n')) {
    const [, url] = /'siteurl','((?:[^'\\]|\\.)*)'/.exec(row) ?? []
    if (url !== undefined) found.siteUrls.add(url.slice(0, 200))
    if (row.includes("'active_plugins',"))
      for (const [, plugin] of row.matchAll(/s:\d+:\\?"([^"\\]{1,200})\\?"/g)) found.activePlugins.add(plugin!)
    const [, table, user] = /^INSERT INTO `([^`]*)usermeta` VALUES \(\d+,(\d+),/.exec(row) ?? []
    // a role that was taken away stays in the list as b:0
    if (user !== undefined && /\\?"administrator\\?";b:1/.test(row)) found.administrators.add(`${table}users ${user}`)
  }
  const sorted = (names: ReadonlySet<string>): readonly string[] => [...names].toSorted().slice(0, 500)
  return {
    siteUrls: sorted(found.siteUrls),
    activePlugins: sorted(found.activePlugins),
    administrators: sorted(found.administrators),
  }
}
