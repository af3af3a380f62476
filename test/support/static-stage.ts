import { createStatic } from '../../lib/sandbox/static-site.ts'
import { claim, type StageHost } from './stage.ts'

/** A static site of the sandbox on a host of a stage, owned by it. */
export async function createStaticSite(host: StageHost, name: string): Promise<string> {
  const { folder } = await createStatic({ vhosts: host.vhosts, name })
  claim(folder, host)
  return folder
}
