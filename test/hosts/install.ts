import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HOME } from '../../lib/program/command-line.ts'
import { output } from '../../lib/sandbox/process.ts'
import { once } from './image.ts'

/**
 * Puts a clean clone of this repository, with its node modules, into a folder for a host to have at /opt/holdfast. The hosts have no way to a
 * registry: `npm run setup` fetches the modules here, as it would there, once for each lock file; each host gets links to the same files.
 */
export async function cloneFor(folder: string): Promise<string> {
  await output('git', ['-c', 'safe.directory=*', 'clone', '--quiet', '--no-hardlinks', HOME, folder])
  const hash = createHash('sha256')
    .update(await readFile(join(folder, 'package-lock.json')))
    .digest('hex')
  const modules = await once(`modules-${hash.slice(0, 12)}`, async fresh => {
    await output('cp', ['--archive', folder, fresh])
    await output('sh', ['lib/setup/ready.sh', 'run'], '', { cwd: fresh })
  })
  const from = join(modules, 'node_modules')
  await output('sh', ['-c', 'cp -al "$1" "$2" 2>/dev/null || cp -a "$1" "$2"', 'sh', from, folder])
  await output('touch', [join(folder, 'node_modules', '.package-lock.json')]) // npm's mark, newer than the clone's lock file
  return folder
}
