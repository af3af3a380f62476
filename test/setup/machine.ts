import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A machine as a folder: what setup would find on a web server with a share and a VPN. Paths that end in `/` are folders. */
export const WEB_SERVER: Readonly<Record<string, string>> = {
  '/run/systemd/system/': '',
  '/etc/fstab': `# the NAS
UUID=1 / ext4 defaults 0 1
nas.home:/data/web /mnt/my\\040nas nfs noauto,defaults 0 0
nas.home:/data/always /mnt/always nfs defaults 0 0
/dev/sdb1 /mnt/usb ext4 noauto 0 0
//nas2/web /mnt/other cifs ro,noauto 0 0
`,
  '/etc/openvpn/client/home.conf': '',
  '/etc/openvpn/client/home.key': '',
  '/etc/wireguard/wg0.conf': '',
  '/etc/apache2/sites-enabled/blog.conf': `<VirtualHost *:80>
  ServerName blog.example
  ServerAlias www.blog.example
  DocumentRoot /srv/www/vhosts/blog/SITE
</VirtualHost>
`,
  '/srv/www/vhosts/blog/SITE/wp-config.php': '<?php',
  "/srv/www/vhosts/it's é/SITE/": '',
  '/srv/www/vhosts/owned/SITE/': '',
  '/srv/www/vhosts/owned/PRIMARY_IS_web1': '',
  '/srv/www/vhosts/copy/PRIMARY_IS_web9': '',
  '/srv/www/vhosts/stray/index.html': '',
  '/srv/www/vhosts/.holdfast/blog.new/SITE/': '',
}

/** Makes the files of such a machine below a folder. */
export function makeMachine(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const place = join(root, path)
    mkdirSync(path.endsWith('/') ? place : dirname(place), { recursive: true })
    if (!path.endsWith('/')) writeFileSync(place, text)
  }
}
