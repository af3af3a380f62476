import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { output } from '../../lib/sandbox/process.ts'
import { Container } from './container.ts'
import { image } from './image.ts'
import { cloneFor } from './install.ts'
import {
  ADDRESSES,
  type Client,
  DESKTOP_SCRIPT,
  desktopFiles,
  type HostName,
  NAS_SCRIPT,
  nasFiles,
  PACKAGES,
  WEB_SCRIPT,
  webFiles,
} from './machines.ts'
import { Network } from './network.ts'
import { OWNER, sweep } from './owner.ts'
import { authority } from './pki.ts'
import { said } from './said.ts'
import { whyNot } from './why-not.ts'

/** What a command in a host said, both streams in one. */
export interface Said {
  readonly code: number
  readonly text: string
  readonly seconds: number
}

/** Something that happens in the middle of a run: when a line matches. */
export interface Midway {
  readonly when: RegExp
  readonly act: () => Promise<unknown>
}

/** What cron gives to a command (crontab(5)), and nothing else. */
const CRON = ['env', '-i', 'HOME=/root', 'LOGNAME=root', 'SHELL=/bin/sh', 'PATH=/usr/bin:/bin:/usr/sbin:/sbin']
/** Seconds that a command in a host may take, on a slow machine with other work. */
const LONGEST = 900
/** The NAS's share, in bytes: sparse, so it takes what is written. */
const SHARE = 12 * 2 ** 30

/** Two web servers, a NAS and a desktop, each with systemd and a cable, on a network that only they are on. */
export class Lab implements AsyncDisposable {
  readonly #folder: string
  readonly network: Network
  readonly hosts = {} as Record<HostName, Container>
  /** By how many days the hosts' clocks are ahead: nights follow each other faster than on this machine. */
  days = 0

  private constructor(folder: string, network: Network) {
    this.#folder = folder
    this.network = network
  }

  /** Boots all of them, with nothing of Holdfast on them but its folder. @throws when this machine cannot, with why */
  static async begin(say: (text: string) => void): Promise<Lab> {
    const why = await whyNot()
    if (why.length > 0) throw new Error(`this machine cannot boot whole machines: ${why.join('; ')}`)
    const base = await image(PACKAGES)
    say('the image is there')
    await sweep()
    const lab = new Lab(await mkdtemp(join(tmpdir(), `holdfast-lab-${OWNER}-`)), await Network.between(ADDRESSES))
    try {
      await lab.#boot(base)
      say('the hosts are up')
      return lab
    } catch (error) {
      await lab[Symbol.asyncDispose]()
      throw error
    }
  }

  async #boot(base: string): Promise<void> {
    const at = (name: string): string => join(this.#folder, name)
    const keys = await authority(at('pki'), ['nas', 'web1', 'web2'], 'nas')
    await output('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab', '-f', at('key')])
    const [key, publicKey] = await Promise.all([readFile(at('key'), 'utf8'), readFile(at('key.pub'), 'utf8')])
    const [kind, hostKey] = (await readFile(join(base, 'etc/ssh/ssh_host_ed25519_key.pub'), 'utf8')).split(' ')
    const known = `nas,10.77.0.1,203.0.113.20 ${kind} ${hostKey}\n`
    await writeFile(at('share.img'), '')
    await truncate(at('share.img'), SHARE)
    await output('mkfs.ext4', ['-q', '-F', '-m', '0', '-E', 'lazy_itable_init=1,lazy_journal_init=1', at('share.img')])
    const disk = { file: at('share.img'), at: '/srv/nas' }
    await this.#add('nas', base, nasFiles(keys.nas!, publicKey), NAS_SCRIPT, { disk })
    for (const name of ['web1', 'web2'] as const)
      await this.#add(name, base, webFiles(keys[name]!, key, known), WEB_SCRIPT, { writable: await this.#own(name) })
    await this.#add('pc', base, desktopFiles(key, known), DESKTOP_SCRIPT, { writable: await this.#own('pc') })
  }

  /** Folders of a host that are no layer over the image: what is in a lower layer cannot be renamed, which no server has. */
  async #own(name: Client): Promise<string[]> {
    const folders = {
      '/srv': 'srv',
      '/opt/holdfast': 'holdfast',
      '/etc/letsencrypt': 'letsencrypt',
      '/var/lib/holdfast': 'state',
    }
    const base = join(this.#folder, name)
    await mkdir(base)
    await cloneFor(join(base, 'holdfast'))
    for (const each of Object.values(folders)) await mkdir(join(base, each), { recursive: true })
    return Object.entries(folders).map(([path, each]) => `${join(base, each)}:${path}`)
  }

  async #add(name: HostName, base: string, files: Record<string, string>, script: string, more: object): Promise<void> {
    this.hosts[name] = await Container.boot({
      name,
      image: base,
      files,
      ...this.network.options(name),
      within: this.#folder,
      ...more,
    })
    await this.sh(name, script)
  }

  /** Runs a script in a host. @throws when it fails */
  async sh(host: HostName, script: string): Promise<string> {
    return await this.hosts[host].exec(['sh', '-c', script])
  }

  /**
   * Runs a command as cron does: by a fresh shell, in /opt/holdfast, with next to no environment.
   * @param days how far the clock of this command is ahead
   */
  async run(host: HostName, command: string, midway?: Midway, days = this.days): Promise<Said> {
    const clock =
      days === 0 ? '' : `NO_FAKE_STAT=1 FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -m -f '${days > 0 ? '+' : ''}${days}d' `
    const script = `cd /opt/holdfast && ${clock}${command}`
    const words = this.hosts[host].within([...CRON, 'sh', '-c', `exec 2>&1; ${script}`])
    return await said(['timeout', String(LONGEST), ...words], '', midway)
  }

  night(host: 'web1' | 'web2', midway?: Midway, days?: number): Promise<Said> {
    return this.run(host, 'npx zx tasks/nightly.ts --verbose', midway, days)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of Object.values(this.hosts)) await host[Symbol.asyncDispose]()
    await this.network[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
