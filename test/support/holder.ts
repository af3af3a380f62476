/**
 * A program that holds something as a run would: `node holder.ts lock|vpn|mount|look HOST_AS_JSON` (`mount` as a run mounts, `look` as a status does).
 * It prints `up`, holds until its standard input ends or a signal comes, and prints the outcomes as JSON.
 */
import { recipe } from '../../lib/engine/recipe.ts'
import { listenForStop } from '../../lib/engine/stop.ts'
import type { Host } from '../../lib/inventory/schema.ts'
import type { Look } from '../../lib/site/report.ts'
import { archiveMount } from '../../lib/steps/archive.ts'
import { lock } from '../../lib/steps/lock.ts'
import { mountForLook } from '../../lib/steps/status.ts'
import { vpn } from '../../lib/steps/vpn.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { NO_REQUEST } from './host.ts'
import { perform } from './perform.ts'

const [what, json = ''] = process.argv.slice(2)
const host = JSON.parse(json) as Host
const stop = listenForStop()
const run = recipe<Needs<'host' | 'request' | 'interrupted'> & Look>()
const mount = recipe<Needs<'host' | 'request' | 'interrupted' | 'vpnLease'> & Look>()
const HOLDS = {
  lock: recipe<Needs<'host' | 'request'>>().hold(lock),
  vpn: run.hold(vpn),
  mount: mount.hold(archiveMount),
  look: mount.hold(mountForLook),
}
const chain = recipe<Needs<'host' | 'request' | 'interrupted'> & Look>()
  .use(HOLDS[what as keyof typeof HOLDS] as never)
  .do({
    name: 'wait',
    title: 'wait',
    run: async () => {
      process.stdout.write('up\n')
      await new Promise<void>(resolve => {
        process.stdin.on('end', resolve).resume()
        stop.signal.addEventListener('abort', () => resolve())
      })
    },
  })
const look = { mounted: false, found: () => {}, freeSpace: undefined }
const { outcomes } = await perform(chain, { host, request: NO_REQUEST, interrupted: undefined, look }, { stop: stop.signal })
process.stdout.write(JSON.stringify(outcomes), () => process.exit(0))
