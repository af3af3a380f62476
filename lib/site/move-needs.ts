import type { MoveNeeds } from '../core/host-card.ts'
import { OWN_SERVER, recordedClaims } from '../database/claims.ts'
import { serverHere } from '../database/own-server.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'
import type { HostContext, Site } from '../host/site.ts'
import { domainsOf } from '../host/web-server-files.ts'
import { readSetRecords } from '../store/set-records.ts'
import { needsOf } from './contents.ts'

/** What a site of this host needs of one that it is to move to. Its newest set tells how large it is. */
export async function moveNeedsOf(
  { host, shell }: HostContext,
  site: Site,
  archive: Parameters<typeof readSetRecords>[0],
): Promise<MoveNeeds> {
  const claims = recordedClaims(host, site.name).filter(({ server }) => server === OWN_SERVER)
  const records = await readSetRecords(archive, shell)
  const [newest] = records.filter(({ files, bytes }) => files !== undefined && bytes !== undefined)
  return {
    ...needsOf(host, site),
    site: site.name,
    databaseVersion: claims.length === 0 ? undefined : (await serverHere({ host, shell }))?.version,
    databases: claims.map(({ database, user }) => ({ name: database, user })),
    users: await ownersIn(site.folder, shell),
    domains: domainsOf(host, site),
    size: newest && { files: newest.files!, bytes: newest.bytes!, dump: newest.dump },
  }
}

/** Down to the uploads of a WordPress: the restore reports those of single files below. */
const DEPTH = 4

/** The names of the accounts that own what is in a site's folder; of one that is no more only a number is left. */
async function ownersIn(folder: string, shell: Shell): Promise<string[]> {
  const find = `find "$1" -maxdepth ${DEPTH} -printf '%u\\n' | sort -u`
  const words = sandboxed(['sh', '-c', find, 'owners', folder], { reads: [folder], capabilities: ['CAP_DAC_OVERRIDE'] })
  const printed = await shell.quick.with({ onLine: () => {} }).ask(String)`${words}`
  return printed.split('\n').filter(name => /^[^\d\s]/.test(name))
}
