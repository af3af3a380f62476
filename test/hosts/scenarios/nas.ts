import assert from 'node:assert/strict'
import type { Lab, Said } from '../lab.ts'
import { night, type Scenario } from '../scenario.ts'
import { film, IN_BACKUP } from './vpn.ts'

const nas = (lab: Lab, script: string): Promise<string> => lab.sh('nas', script)
const web1 = (lab: Lab, script: string): Promise<string> => lab.sh('web1', script)
const off = (lab: Lab): Promise<void> => lab.hosts.nas.cutPower()
const on = (lab: Lab): Promise<void> => lab.hosts.nas.start()
/** What a share that went away looks like in a run: an error of duplicity's, or of a look at it. */
const GONE = /\[blog\].*(failed|not connected|Input\/output|did not|no answer|timed out)/i

const free = async (lab: Lab): Promise<void> => {
  await nas(lab, 'rm -f /srv/nas/filler')
}

export const NAS: readonly Scenario[] = [
  {
    name: 'NAS off before the night',
    injected: 'its power is cut, and comes back after the run',
    inject: off,
    says: /the VPN is on, but nas port 22 behind it did not answer/,
    ends: 1,
    mend: on,
  },
  {
    name: 'NAS off during the night',
    injected: 'its power is cut while the backup is written',
    inject: film,
    run: lab => lab.night('web1', { when: IN_BACKUP, act: () => off(lab) }),
    says: GONE,
    ends: 1,
    mend: on,
  },
  {
    name: 'NAS hangs during the night',
    injected: 'it freezes while the backup is written: connections stay open, nothing answers',
    inject: film,
    run: lab => lab.night('web1', { when: IN_BACKUP, act: () => lab.hosts.nas.freeze(true) }),
    says: GONE,
    ends: 1,
    mend: lab => lab.hosts.nas.freeze(false),
  },
  {
    name: 'NAS off after the night',
    injected: 'its power is cut as soon as the run has ended',
    run: async (lab): Promise<Said> => {
      const said = await night(lab)
      await off(lab)
      return said
    },
    says: /all well/,
    ends: 0,
    mend: on,
  },
  {
    name: 'share mounted read-only',
    injected: 'the NAS mounts its disk read-only',
    inject: lab => nas(lab, 'mount -o remount,ro /srv/nas'),
    says: /Check the archive: FAILED: the archive in .* cannot be written to: is it read-only\?/,
    ends: 1,
    mend: lab => nas(lab, 'mount -o remount,rw /srv/nas'),
  },
  {
    name: 'not mounted, and the folder underneath is writable',
    injected: 'the mount unit succeeds and mounts nothing',
    inject: lab =>
      web1(
        lab,
        "cp /etc/fstab /root/fstab; sed -i 's/^/#/' /etc/fstab; printf '[Service]\\nType=oneshot\\nExecStart=true\\n' >/etc/systemd/system/nothing.service; sed -i \"s/nfs('.mnt.nas', {/&unit: 'nothing.service', /\" /opt/holdfast/hosts/web1.ts; systemctl daemon-reload",
      ),
    says: /not a mount point|no mount point|nothing is mounted/i,
    ends: 1,
    mend: async lab => {
      await web1(
        lab,
        'mv /root/fstab /etc/fstab; sed -i "s/unit: \'nothing.service\', //" /opt/holdfast/hosts/web1.ts; systemctl daemon-reload',
      )
      assert.equal((await web1(lab, 'ls -A /mnt/nas')).trim(), '', 'nothing was written underneath')
    },
  },
  {
    name: 'a stale mount',
    injected: 'somebody mounted the share, and the daemon behind it died: the unit says active, the kernel ENOTCONN',
    inject: lab =>
      web1(
        lab,
        'systemctl start openvpn-client@home; for try in 1 2 3 4 5 6 7 8; do systemctl start mnt-nas.mount && break; sleep 1; done; systemctl kill --signal=KILL mnt-nas.mount; systemctl stop openvpn-client@home; systemctl is-active mnt-nas.mount; grep /mnt/nas /proc/mounts; ! stat /mnt/nas',
      ),
    says: /mnt.nas was mounted already, but nothing is behind it: mounting it anew/,
    ends: 0,
  },
  {
    name: "the NAS's disk full",
    injected: 'two megabytes are left',
    inject: async lab => {
      await film(lab)
      await nas(lab, 'cd /srv/nas; fallocate -l $(($(df -B1 --output=avail . | tail -n 1) - 2000000)) filler')
    },
    says: /\[blog\] Back up blog: FAILED: the disk of the archive is full: [\d.]+ \w+ free/,
    ends: 1,
    mend: free,
  },
]
