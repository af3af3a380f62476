/** What a lineage's renewal settings may name on a host. */
export interface RenewalGround {
  readonly lineage: string
  readonly certificates: string
  /** All of the site's folder: challenges are answered in it. */
  readonly siteFolder: string
  readonly names: readonly string[]
  /** This host's web server, which certbot may ask to read its certificates again. */
  readonly webServer: string | undefined
  /** Accounts that this host has, by the address of their server. */
  readonly accounts: ReadonlyMap<string, readonly string[]>
}

const LETS_ENCRYPT = [
  'https://acme-v02.api.letsencrypt.org/directory',
  'https://acme-staging-v02.api.letsencrypt.org/directory',
] as const

/** Settings that are taken over as they are, when their value is one of these. A hook, or anything else, never is. */
const PLAIN: Readonly<Record<string, RegExp>> = {
  key_type: /^(?:ecdsa|rsa)$/,
  elliptic_curve: /^secp(?:256|384)r1$/,
  rsa_key_size: /^(?:2048|3072|4096)$/,
  reuse_key: /^(?:True|False)$/,
  preferred_chain: /^[A-Za-z0-9 .]{1,60}$/,
}

/**
 * A lineage's `renewal/NAME.conf`, made anew from that of a set, which is not trusted: only what is harmless is
 * taken over. @returns the text, or why there is none and certbot has to be asked anew on this host
 */
export function renewalSettings(given: string, ground: RenewalGround): { readonly text: string } | { readonly why: string } {
  const settings = settingsIn(given)
  const authenticator = settings.get('authenticator')
  if (authenticator === undefined) return { why: 'its settings name no authenticator' }
  if (!['webroot', 'standalone', ground.webServer].includes(authenticator))
    return { why: `its settings name the authenticator "${authenticator.slice(0, 40)}", which is not taken over` }
  const server = settings.get('server') ?? LETS_ENCRYPT[0]
  if (!LETS_ENCRYPT.some(known => known === server) && !ground.accounts.has(server))
    return { why: `its server is neither Let's Encrypt's nor one where this host has an account` }
  const roots = ground.names.map(name => [name, rootFor(name, settings, ground)] as const)
  if (authenticator === 'webroot' && roots.some(([, root]) => root === undefined))
    return { why: "its challenges are answered outside of the site's folder" }
  const account = accountFor(settings.get('account'), ground.accounts.get(server) ?? [])
  const plain = Object.entries(PLAIN).flatMap(([name, wanted]) => {
    const value = settings.get(name)
    return value !== undefined && wanted.test(value) ? [`${name} = ${value}`] : []
  })
  const { lineage, certificates } = ground
  const lines = [
    '# made by Holdfast from the settings in a backup',
    `archive_dir = ${certificates}/archive/${lineage}`,
    ...['cert', 'privkey', 'chain', 'fullchain'].map(part => `${part} = ${certificates}/live/${lineage}/${part}.pem`),
    '',
    '[renewalparams]',
    ...(account === undefined ? [] : [`account = ${account}`]),
    `authenticator = ${authenticator}`,
    ...(settings.get('installer') === ground.webServer && ground.webServer !== undefined
      ? [`installer = ${ground.webServer}`]
      : []),
    `server = ${server}`,
    ...plain,
    ...(authenticator === 'webroot' ? ['[[webroot_map]]', ...roots.map(([name, root]) => `${name} = ${root}`)] : []),
  ]
  return { text: `${lines.join('\n')}\n` }
}

/** The settings by their names, those of the map of document roots by `webroot_map NAME`. */
function settingsIn(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  let isMap = false
  for (const line of text.split('\n').map(each => each.trim())) {
    if (line.startsWith('[')) isMap = line.replace(/[[\]\s]/g, '') === 'webroot_map'
    const at = line.indexOf('=')
    const name = line.slice(0, at).trim()
    if (at > 0 && !line.startsWith('#')) found.set(isMap ? `webroot_map ${name}` : name, line.slice(at + 1).trim())
  }
  return found
}

function rootFor(name: string, settings: ReadonlyMap<string, string>, { siteFolder }: RenewalGround): string | undefined {
  const given = settings.get(`webroot_map ${name}`) ?? settings.get('webroot_path')?.replace(/,.*$/, '')
  const root = given?.trim().replace(/\/$/, '')
  const isOwn = root !== undefined && (root === siteFolder || root.startsWith(`${siteFolder}/`))
  return isOwn && !/(?:^|\/)\.{1,2}(?:\/|$)|[^\x21-\x7e]|[,"'#%$]/.test(root) ? root : undefined
}

/** The account that the settings name, if this host has it, or the only one that it has. */
function accountFor(given: string | undefined, here: readonly string[]): string | undefined {
  if (given !== undefined && here.includes(given)) return given
  return here.length === 1 ? here[0] : undefined
}
