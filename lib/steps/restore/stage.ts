import { X509Certificate } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { coversOnly } from '../../core/certificate.ts'
import type { Shell } from '../../engine/shell.ts'
import type { Step } from '../../engine/step.ts'
import type { Host } from '../../inventory/schema.ts'
import { virtualHosts } from '../../web-server/virtual-hosts.ts'
import { CERTIFICATES } from '../certs.ts'
import { COMPANION } from '../companion.ts'
import { domainsOf, webServerFiles } from '../domains.ts'
import type { Needs, SitePlace } from '../facts.ts'
import { isWithin } from '../site-files.ts'
import { WEB_SERVER } from '../web-server.ts'
import { planExchange } from './exchange.ts'
import { updatePending } from './journal.ts'
import type { Scope } from './scope.ts'
import { pendingOf, type Restoring } from './transaction.ts'

/** One file or folder of the system that the set brings along: from the restored tree, to its place. */
interface Piece {
  readonly from: string
  readonly to: string
}

type Stages = Needs<'host' | 'site'> & { restoring: Restoring; scope: Scope }

/**
 * Phase (f), first half: certificates and web server configuration of the set, copied beside those in force, on their own file systems, links as
 * links. What is not the site's own stays in the archive, and the report says so.
 */
export const stageSystemFiles: Step<Stages, void> = {
  name: 'stage',
  title: 'Prepare certificates and web server configuration',
  run: async ({ host, site, restoring, scope }, shell) => {
    if (!scope.files) return
    await shell.act(`copy certificates and configuration of ${site.name} beside those in force`, async () => {
      const companion = join(restoring.tree, COMPANION)
      const domains = [...domainsOf(host, site), ...domainsBroughtBy(host, site, companion, shell)]
      const pieces = [...certificatePieces(host, companion, domains, shell), ...webServerPieces(host, site, companion, shell)]
      const roots = [...new Set(pieces.map(piece => rootOf(host, piece.to)))]
      const holdings = roots.map(root => join(root, '.holdfast', restoring.id))
      const pending = updatePending(host, { ...pendingOf(host, site.name), holdings: [restoring.holding, ...holdings] })
      const exchanges = []
      for (const { from, to } of pieces) {
        const root = rootOf(host, to)
        const held = join(root, '.holdfast', restoring.id, to.slice(root.length + 1))
        mkdirSync(dirname(held), { recursive: true, mode: 0o700 })
        mkdirSync(dirname(to), { recursive: true })
        await shell.act`cp --archive ${from} ${held}`
        exchanges.push(planExchange(to, held))
      }
      updatePending(host, { ...pending, exchanges })
    })
  },
}

const rootOf = (host: Host, path: string): string =>
  isWithin(path, host.certificates) ? host.certificates : host.webServer!.folder

/** Domains that the set's own web server files name for this site, and that no other site on this host answers to. */
function domainsBroughtBy(host: Host, site: SitePlace, companion: string, shell: Shell): string[] {
  const others = new Set(
    webServerFiles(host).flatMap(file =>
      file.hosts.filter(vhost => !vhost.roots.some(root => isWithin(root, site.folder))).flatMap(vhost => vhost.domains),
    ),
  )
  for (const [name, settings] of Object.entries(host.sites))
    if (name !== site.name) for (const domain of settings.domains) others.add(domain)
  const brought = enabledIn(companion).flatMap(file => (servesOnly(host, site, file.text) ? file.domains : []))
  const taken = brought.filter(domain => others.has(domain))
  if (taken.length > 0) shell.note('warning', `its set claims ${taken.join(', ')}, which other sites here answer to: left out`)
  return brought.filter(domain => !others.has(domain))
}

function enabledIn(companion: string): { name: string; text: string; domains: string[] }[] {
  const folder = join(companion, WEB_SERVER)
  return ['apache', 'nginx'].flatMap(kind =>
    namesIn(join(folder, 'sites-available'))
      .concat(namesIn(join(folder, 'sites-enabled')))
      .flatMap(name => {
        const text = plainText(join(folder, 'sites-available', name)) ?? plainText(join(folder, 'sites-enabled', name))
        if (text === undefined) return []
        return [{ name, text, domains: virtualHosts(kind as 'apache' | 'nginx', text).flatMap(vhost => vhost.domains) }]
      }),
  )
}

function servesOnly(host: Host, site: SitePlace, text: string): boolean {
  const roots = virtualHosts(host.webServer?.kind ?? 'apache', text).flatMap(vhost => vhost.roots)
  return roots.length > 0 && roots.every(root => isWithin(root, site.folder))
}

function certificatePieces(host: Host, companion: string, domains: readonly string[], shell: Shell): Piece[] {
  const folder = join(companion, CERTIFICATES)
  return namesIn(join(folder, 'live')).flatMap(lineage => {
    const brought = certificateIn(join(folder, 'live', lineage))
    if (!brought) return []
    if (!coversOnly(brought.subjectAltName ?? '', domains)) {
      shell.note('warning', `certificate ${lineage} is not for the site's own domains alone: left out`)
      return []
    }
    const present = certificateIn(join(host.certificates, 'live', lineage))
    if (present && Date.parse(present.validTo) >= Date.parse(brought.validTo)) return []
    const parts = [join('archive', lineage), join('live', lineage), join('renewal', `${lineage}.conf`)]
    return parts
      .filter(part => exists(join(folder, part)))
      .map(part => ({ from: join(folder, part), to: join(host.certificates, part) }))
  })
}

function certificateIn(lineage: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(join(lineage, 'cert.pem')))
  } catch {
    return undefined
  }
}

function webServerPieces(host: Host, site: SitePlace, companion: string, shell: Shell): Piece[] {
  if (!host.webServer) return []
  const from = join(companion, WEB_SERVER)
  const enabled = namesIn(join(from, 'sites-enabled'))
  return enabled.flatMap(name => {
    const text = plainText(join(from, 'sites-available', name)) ?? plainText(join(from, 'sites-enabled', name))
    const here = webServerFiles(host).find(file => file.name === name)
    const isForeign = here?.hosts.some(vhost => vhost.roots.some(root => !isWithin(root, site.folder))) ?? false
    if (text === undefined || !servesOnly(host, site, text) || isForeign) {
      shell.note('warning', `web server file ${name} does not serve this site alone: left out`)
      return []
    }
    const parts = ['sites-available', 'sites-enabled'].map(part => join(part, name)).filter(part => exists(join(from, part)))
    return parts
      .filter(part => differs(join(from, part), join(host.webServer!.folder, part)))
      .map(part => ({ from: join(from, part), to: join(host.webServer!.folder, part) }))
  })
}

const differs = (one: string, other: string): boolean => !exists(other) || plainText(one) !== plainText(other)

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** The text of a plain file; undefined for a link or anything else: the set's links are not followed. */
function plainText(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, 'utf8') : undefined
}

function namesIn(folder: string): string[] {
  try {
    return lstatSync(folder).isDirectory() ? readdirSync(folder).toSorted() : []
  } catch {
    return []
  }
}
