import assert from 'node:assert/strict'
import type { Lab } from '../lab.ts'
import { night, type Scenario } from '../scenario.ts'

const nas = (lab: Lab, script: string): Promise<string> => lab.sh('nas', script)
const web1 = (lab: Lab, script: string): Promise<string> => lab.sh('web1', script)
const CONF = '/etc/openvpn/client/home.conf'

/** Something big and new, so that the backup lasts and there is time to pull a cable in it. */
export const film = (lab: Lab): Promise<string> =>
  web1(lab, 'head -c 15000000 /dev/urandom >/srv/www/vhosts/blog/SITE/wp-content/uploads/film')

/** In the middle of the backup of the blog: its first lines are there, its volumes are on their way. */
export const IN_BACKUP = /\[blog\] .*incremental( backup)?:/

/** What the VPN was after a run that had found it on. */
let stillOn = ''

export const VPN: readonly Scenario[] = [
  {
    name: 'VPN off',
    injected: "the NAS's VPN server is stopped before the night",
    inject: lab => nas(lab, 'systemctl stop openvpn-server@lab'),
    says: /the VPN is on, but nas port 22 behind it did not answer within 15 s/,
    ends: 1,
    mend: lab => nas(lab, 'systemctl start openvpn-server@lab'),
  },
  {
    name: 'VPN refused',
    injected: 'the NAS no longer knows the certificate of web1',
    inject: lab =>
      nas(
        lab,
        "cd /etc/openvpn/server; cp lab.conf kept; echo 'verify-x509-name web2 name' >>lab.conf; systemctl restart openvpn-server@lab",
      ),
    says: /the VPN is on, but nas port 22 behind it did not answer within 15 s/,
    ends: 1,
    mend: lab => nas(lab, 'cd /etc/openvpn/server; mv kept lab.conf; systemctl restart openvpn-server@lab'),
  },
  {
    name: 'VPN does not start',
    injected: 'a typing error in its configuration',
    inject: lab => web1(lab, `cp ${CONF} /root/kept; echo nonsense >>${CONF}`),
    says: /openvpn-client@home.service does not start: .*nonsense/,
    ends: 1,
    mend: lab => web1(lab, `mv /root/kept ${CONF}; systemctl reset-failed`),
  },
  {
    name: 'VPN dropped midway',
    injected: "the NAS's VPN server is killed while the backup is written",
    inject: film,
    run: lab => lab.night('web1', { when: IN_BACKUP, act: () => nas(lab, 'systemctl stop openvpn-server@lab') }),
    says: /\[blog\] Back up blog: FAILED: .*(went away|no longer)/,
    ends: 1,
    mend: lab => nas(lab, 'systemctl start openvpn-server@lab'),
  },
  {
    name: 'the cable pulled midway',
    injected: "web1's cable is pulled while the backup is written, and plugged in after the run",
    inject: film,
    run: lab => lab.night('web1', { when: IN_BACKUP, act: () => lab.network.plug('web1', false) }),
    says: /\[blog\] Back up blog: FAILED: .*(went away|no longer)/,
    ends: 1,
    mend: lab => lab.network.plug('web1', true),
  },
  {
    name: 'two scripts share the VPN',
    injected: 'the other one had switched it on, and still needs it after the night',
    inject: lab => web1(lab, 'systemctl start openvpn-client@home'),
    run: async lab => {
      const said = await night(lab)
      stillOn = (await web1(lab, 'systemctl is-active openvpn-client@home; ip -4 addr show dev tun0; true')).trim()
      await web1(lab, 'systemctl stop openvpn-client@home')
      return said
    },
    says: /all well/,
    ends: 0,
    also: async () => assert.match(stillOn, /^active[\s\S]*10\.77\.0\./),
  },
]
