import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Step } from '../../engine/step.ts'
import type { Host } from '../../inventory/schema.ts'
import { COMPANION } from '../companion.ts'
import { domainsOf } from '../domains.ts'
import type { Needs } from '../facts.ts'
import { isWithin } from '../site-files.ts'
import { certificatePieces } from './certificate-pieces.ts'
import { planExchange } from './exchange.ts'
import { updatePending } from './journal.ts'
import type { Scope } from './scope.ts'
import { pendingOf, type Restoring } from './transaction.ts'
import { broughtDomains, webServerPieces } from './web-server-pieces.ts'

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
      const domains = [...domainsOf(host, site), ...broughtDomains(host, site, companion, shell)]
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
