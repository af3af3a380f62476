import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Midway, Said } from './lab.ts'
import type { NfsLab } from './nfs-lab.ts'
import { HARD, SOFT } from './nfs-machines.ts'

/** Something that happens to the server, what a run must say of it, and how it must end. One line of the table. */
export interface NfsScenario {
  readonly name: string
  /** What is done, in words. */
  readonly injected: string
  readonly run: (lab: NfsLab) => Promise<Said>
  /** A line that the run must print. */
  readonly says: RegExp
  readonly ends: number
  /** Takes the cause away. */
  readonly mend?: (lab: NfsLab) => Promise<unknown>
  /** What must end with 0 after that; the next night, if nothing else. */
  readonly heal?: (lab: NfsLab) => Promise<Said>
  /** What must be true in the end, after the night that heals. */
  readonly also?: (lab: NfsLab) => Promise<unknown>
}

const SITE = '/srv/www/vhosts/leaflet/SITE'
const INVENTORY = '/opt/holdfast/hosts/web.ts'

/** What the owner changes in the inventory that setup wrote: volumes as small as the site, and less patience with a server that is dead. */
const EDITS = `s/folder: 'holdfast' }),$/folder: 'holdfast', timeout: 15 }),/; s/^  encryption/  duplicity: { volumeSize: 3 },\\n  encryption/`

/** The same share, mounted hard and by mount itself. */
const TO_HARD = `sed -i "s/nfs(/fstab(/; s/nfs, pass/fstab, pass/; s,'${SOFT}','${HARD}',; /also found/d" ${INVENTORY}`

const nightly = 'npx zx tasks/nightly.ts --verbose'
const recover = 'npx zx tasks/recover.ts --site leaflet'

export const night = (lab: NfsLab, midway?: Midway): Promise<Said> => lab.run(nightly, midway)

/** Everything that a folder is: the kind, mode, owner and time of each entry, and the bytes of each file. duplicity gives a link no time. */
async function tree(lab: NfsLab, folder: string): Promise<string> {
  const script = `cd ${folder} && find . -type l -printf '%p %U %G %l\\n' -o -printf '%p %y %m %U %G %Ts\\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum`
  return await lab.web(script)
}

/** Asks until it is so. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120_000; !(await holds()); await pause(200))
    assert.ok(Date.now() < end, `${what}: not within 120 s`)
}

/** What the site was when it was first backed up, and when that was. */
let first = { tree: '', time: '' }
/** The mounts while the first night ran. */
let mounts = ''

/** Something big and new, so that the backup lasts and there is time for the server to die in it. */
const film = (lab: NfsLab): Promise<string> => lab.web(`head -c 20000000 /dev/urandom >${SITE}/film`)

/** When the backup has begun; it is some way into it as soon as a volume of a set that is not complete yet is on the NAS. */
const BACKUP = /\[leaflet\] .*(incremental|full) backup:/
const inBackup =
  (act: (lab: NfsLab) => Promise<unknown>) =>
  async (lab: NfsLab): Promise<Said> => {
    await film(lab)
    const count = async (): Promise<number> =>
      Number(await lab.sh('nas', 'find /srv/nas/holdfast/leaflet -name "*.difftar*" | wc -l'))
    const before = await count()
    return night(lab, {
      when: BACKUP,
      act: async () => {
        await until('a new volume on the NAS', async () => (await count()) > before)
        await act(lab)
      },
    })
  }

/** The server dies, and the kernel says that it waits for it. */
async function dieFor(lab: NfsLab): Promise<void> {
  await lab.web('dmesg --clear')
  await lab.nas.cutPower()
  const waits = async (): Promise<boolean> => (await lab.web('dmesg')).includes('nas not responding, still trying')
  await until('the kernel waits for the server', waits)
}

const off = (lab: NfsLab): Promise<void> => lab.nas.cutPower()
const on = (lab: NfsLab): Promise<void> => lab.nas.start()
const pull = (lab: NfsLab): Promise<void> => lab.network.plug('nas', false)
const plug = (lab: NfsLab): Promise<void> => lab.network.plug('nas', true)

const unreachable = (kind: string, mountPoint: string): NfsScenario => ({
  name: `${kind} mount: the server cannot be reached before the night`,
  injected: 'its cable is pulled, and plugged in after the run',
  run: async lab => {
    await pull(lab)
    return night(lab)
  },
  says: new RegExp(`Mount ${mountPoint}: FAILED: .*did not end within 15 s: the server of ${mountPoint} does not answer`),
  ends: 1,
  mend: plug,
})

export const NFS: readonly NfsScenario[] = [
  {
    name: 'first night on NFS',
    injected: 'setup as in the README; the share has a mount unit, from its line in fstab',
    run: async lab => {
      await lab.web(`mkdir -p ${SITE} && cd ${SITE}/.. && touch PRIMARY_IS_web && echo 250 >max_NAS_space`)
      await lab.web(`cd ${SITE} && echo '<title>leaflet</title>' >index.html && ln -s index.html index.htm && mkdir pictures`)
      await lab.web(
        `cd ${SITE} && for each in 1 2 3 4; do head -c 3000000 /dev/urandom >pictures/$each.jpg; done; chmod 640 pictures/4.jpg`,
      )
      const setup = await lab.run('npm run setup -- --yes')
      assert.equal(setup.code, 0, setup.text)
      await lab.web(`sed -i "${EDITS}" ${INVENTORY}`)
      first = { tree: await tree(lab, SITE), time: '' }
      const look = async (): Promise<void> => {
        mounts = await lab.web("grep ' nfs' /proc/mounts")
      }
      return night(lab, { when: /Check the archive: done/, act: look })
    },
    says: /all well/,
    ends: 0,
    also: async lab => {
      assert.match(mounts, new RegExp(`^nas:/srv/nas ${SOFT} nfs4 .*vers=4\\.2.*soft`))
      assert.equal(await lab.web(`ls -A ${SOFT}`), '', 'nothing was written underneath')
      first.time = (await lab.web('sleep 1; date +%Y-%m-%dT%H:%M:%S')).trim()
    },
  },
  {
    name: 'a damaged site is recovered',
    injected: 'its pictures are gone, its page is overwritten',
    run: async lab => {
      await lab.web(`cd ${SITE} && rm -r pictures && echo hacked >index.html`)
      return lab.run(`${recover} --yes`)
    },
    says: /all well/,
    ends: 0,
    also: async lab => assert.equal(await tree(lab, SITE), first.tree),
  },
  {
    name: 'soft mount: the server dies in the backup',
    injected: 'its power is cut when the first volume is there, and comes back after the run',
    run: inBackup(off),
    says: /\[leaflet\] Back up leaflet: FAILED: .*(Input\/output error|did not end|went away)/,
    ends: 1,
    mend: on,
  },
  unreachable('soft', SOFT),
  {
    name: 'hard mount: the server dies in the backup and comes back',
    injected: 'its power is cut when the first volume is there, and comes back once the kernel says that it waits',
    run: async lab => {
      await lab.web(TO_HARD)
      return inBackup(async () => {
        await dieFor(lab)
        await on(lab)
      })(lab)
    },
    says: /all well/,
    ends: 0,
  },
  {
    name: 'hard mount: the server dies in the backup, and the run is stopped',
    injected: 'the same, but it stays dead: SIGTERM to the run once the kernel waits',
    run: inBackup(async lab => {
      await dieFor(lab)
      await lab.web("pkill -TERM -f '^node .*tasks/nightly.ts'")
    }),
    says: /stopped by SIGTERM/,
    ends: 143,
    mend: on,
  },
  {
    ...unreachable('hard', HARD),
    heal: lab => lab.run(`${recover} --at ${first.time} --into /root/first`),
    also: async lab => assert.equal(await tree(lab, '/root/first/SITE'), first.tree, 'the first set, after all that'),
  },
]

/**
 * What a run should have taken away, and what it should not have left behind: mounts, mounts that are still being made,
 * processes. They are given 10 s. One that was killed and waits in the kernel for a dead server (state D, SIGKILL pending)
 * goes when the kernel lets it, which no run can hasten; it is told once the server is back.
 * @param isBack whether the server answers again
 */
export async function leftOver(lab: NfsLab, isBack: boolean): Promise<string> {
  const waits = "grep -q '^State:.D' /proc/$pid/status && grep -Eq '^(Sig|Shd)Pnd:.*[13579bdf]..$' /proc/$pid/status"
  const script = `left() { for pid in $(pgrep 'duplicity|mount|gpg'); do ${isBack ? '' : `{ ${waits}; } || `}ps -o pid=,stat=,args= $pid; done; }
for i in $(seq 20); do [ "$(left)" ] || break; sleep 0.5; done
grep ' /mnt/' /proc/mounts; systemctl list-jobs --no-legend '*.mount'; systemctl list-units --no-legend --state=active,activating 'mnt-*'
left; true`
  return (await lab.web(script)).trim()
}
