/** What a site needs of a host that is to serve it. What is absent is not needed, or not known. */
export interface SiteNeeds {
  readonly database?: boolean | undefined
  /** The version of PHP that runs it: `8.2`. */
  readonly phpVersion?: string | undefined
  /** Extensions that PHP loads on the owner's host, by their names in `/etc/php`. */
  readonly php?: readonly string[] | undefined
  readonly webServer?: 'apache' | 'nginx' | undefined
  /** Apache's modules that its own configuration uses, by their names in `mods-enabled`. */
  readonly modules?: readonly string[] | undefined
  /** Let's Encrypt's certificates, which somebody has to renew once the site is served here. */
  readonly certificates?: boolean | undefined
}

export type HostNeeds = ReturnType<typeof neededByAll>

/** What a host needs that is to serve all of these sites. Web servers of more than one kind are several needs. */
export function neededByAll(sites: readonly SiteNeeds[]) {
  const all = <Name>(pick: (site: SiteNeeds) => readonly Name[]): Name[] => [...new Set(sites.flatMap(pick))].toSorted()
  return {
    database: sites.some(({ database }) => database === true),
    php: all(({ php = [] }) => php),
    webServers: all(({ webServer }) => (webServer === undefined ? [] : [webServer])),
    modules: all(({ modules = [] }) => modules),
    certificates: sites.some(({ certificates }) => certificates === true),
  }
}
