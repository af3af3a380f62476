import type { WordPressSettings } from '../core/site-state.ts'

/** The settings of a WordPress that rows of its dump tell. */
export function settingsIn(rows: readonly string[]): WordPressSettings {
  const found = { siteUrls: new Set<string>(), activePlugins: new Set<string>(), administrators: new Set<string>() }
  for (const row of rows) {
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
