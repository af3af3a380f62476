import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { output } from '../../lib/sandbox/process.ts'
import { Container } from './container.ts'
import { image } from './image.ts'
import { cloneFor } from './install.ts'
import type { Midway, Said } from './lab.ts'
import { Network } from './network.ts'
import { ADDRESSES, HARD, nasFiles, PACKAGES, SOFT, webFiles } from './nfs-machines.ts'
import { OWNER, sweep } from './owner.ts'
import { said } from './said.ts'
import { bootDisk, Guest } from './uml.ts'

/** The disk of the NAS, in bytes. */
const SHARE = 4_000_000_000

/** The longest that a command may take before it is given up, in seconds. */
const LONGEST = 240

/** What cron gives to a command (crontab(5)), and nothing else; the command itself comes on standard input. */
const CRON = `exec env -i HOME=/root LOGNAME=root SHELL=/bin/sh PATH=/usr/bin:/bin:/usr/sbin:/sbin sh -c 'cd /opt/holdfast && exec sh -c "$(cat)" 2>&1'`

/**
 * A NAS that serves NFS, as a container, and a web server that mounts it, as a guest with a kernel that can. Both are on one switch, with nothing of
 * Holdfast on them but its folder.
 */
export class NfsLab implements AsyncDisposable {
  readonly #folder: string
  readonly network: Network
  nas!: Container
  #web: Guest | undefined

  private constructor(folder: string, network: Network) {
    this.#folder = folder
    this.network = network
  }

  /** Boots both. @throws when one of them does not come up, with why */
  static async begin(say: (text: string) => void): Promise<NfsLab> {
    const base = await image(PACKAGES)
    const disk = await bootDisk(base)
    say('the image is there')
    await sweep()
    const { nas } = ADDRESSES
    const lab = new NfsLab(await mkdtemp(join(tmpdir(), `holdfast-nfs-${OWNER}-`)), await Network.between({ nas }))
    try {
      await lab.#bootNas(base)
      await lab.#bootWeb(disk)
      say('the hosts are up')
      return lab
    } catch (error) {
      await lab[Symbol.asyncDispose]()
      throw error
    }
  }

  async #bootNas(base: string): Promise<void> {
    const file = join(this.#folder, 'share')
    await writeFile(file, '')
    await truncate(file, SHARE)
    await output('mkfs.ext4', ['-q', '-F', '-m', '0', '-E', 'lazy_itable_init=1,lazy_journal_init=1', file])
    const { network, options } = this.network.options('nas')
    const handles = '--system-call-filter=open_by_handle_at' // the server opens files so
    const rest = {
      files: nasFiles,
      network,
      options: [...options, handles],
      within: this.#folder,
      disk: { file, at: '/srv/nas' },
    }
    this.nas = await Container.boot({ name: 'nfs', image: base, ...rest })
  }

  async #bootWeb(disk: string): Promise<void> {
    const key = join(this.#folder, 'key')
    await output('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', key])
    const opt = join(this.#folder, 'opt')
    await mkdir(opt)
    await cloneFor(join(opt, 'holdfast'))
    const own = { '/etc/machine-id': `${randomUUID().replaceAll('-', '')}\n`, ...webFiles(await readFile(`${key}.pub`, 'utf8')) }
    for (const [path, text] of Object.entries(own)) {
      const file = join(opt, 'root', path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
    }
    const network = this.network
    this.#web = await Guest.boot({ name: 'web', disk, opt, network, number: ADDRESSES.web, key, within: this.#folder })
    await rm(opt, { recursive: true })
    await this.web(`mkdir -p ${SOFT} ${HARD} /srv/www/vhosts`)
  }

  /** Runs a script in the web server. @throws when it fails */
  async web(script: string): Promise<string> {
    return await this.#web!.sh(script)
  }

  /** Runs a script in the NAS. It is that of `ArchiveRecord`. */
  async sh(_host: 'nas', script: string): Promise<string> {
    return await this.nas.exec(['sh', '-c', script])
  }

  /** Runs a command in the web server as cron does: by a fresh shell, in /opt/holdfast, with next to no environment. One that hangs is given up. */
  async run(command: string, midway?: Midway): Promise<Said> {
    return await said(['timeout', String(LONGEST), ...this.#web!.within(CRON)], command, midway)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#web?.[Symbol.asyncDispose]()
    await this.nas?.[Symbol.asyncDispose]()
    await this.network[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
