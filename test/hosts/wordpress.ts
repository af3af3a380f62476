import { served } from './machines.ts'

const KEYS = [
  'AUTH_KEY',
  'SECURE_AUTH_KEY',
  'LOGGED_IN_KEY',
  'NONCE_KEY',
  'AUTH_SALT',
  'SECURE_AUTH_SALT',
  'LOGGED_IN_SALT',
  'NONCE_SALT',
]

const config = (name: string): string => `<?php
define('DB_NAME', '${name}');
define('DB_USER', '${name}');
define('DB_PASSWORD', 'a password of ${name}');
define('DB_HOST', 'localhost');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
${KEYS.map(key => `define('${key}', '${key} of ${name}');`).join('\n')}
$table_prefix = 'wp_';
define('WP_DEBUG', false);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
if ( ! defined( 'ABSPATH' ) ) define( 'ABSPATH', __DIR__ . '/' );
require_once ABSPATH . 'wp-settings.php';
`

/** Debian's tree is full of links, and a site's own folder is not: \`cp -L\`. Nobody misses the sources of its scripts (a third of it). */
const folders = (name: string): string => `
d=/srv/www/vhosts/${name}
mkdir -p $d; cp -aL /usr/share/wordpress $d/SITE; rm -f $d/SITE/wp-config.php; mkdir -p $d/SITE/wp-content/uploads
find $d/SITE -name '*.js' ! -name '*.min.js' -size +64k -delete`

/** A script that makes a real WordPress site, as an owner has it: tree, database and account, configuration, and a virtual host. */
export const makeWordPress = (name: string, title: string): string => `set -e
${folders(name)}
cat >$d/SITE/wp-config.php <<'END'
${config(name)}END
mariadb -e "CREATE DATABASE \\\`${name}\\\` CHARACTER SET utf8mb4; CREATE USER '${name}'@localhost IDENTIFIED BY 'a password of ${name}'; GRANT ALL ON \\\`${name}\\\`.* TO '${name}'@localhost;"
chown -R www-data:www-data $d/SITE; chmod 640 $d/SITE/wp-config.php
runuser -u www-data -- php <<'END'
<?php
$_SERVER['HTTP_HOST'] = '${name}.example.org'; $_SERVER['REQUEST_URI'] = '/'; $_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
define('WP_INSTALLING', true);
function wp_new_blog_notification() {}
require '/srv/www/vhosts/${name}/SITE/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('${title}', 'admin', 'admin@example.invalid', true, '', 'adminpass');
foreach (['siteurl', 'home'] as $each) update_option($each, 'http://${name}.example.org');
END
${served(name)}`

/** A script that publishes a post in the site, and puts a picture among its uploads. */
export const publish = (name: string, title: string): string => `set -e
runuser -u www-data -- php <<'END'
<?php
$_SERVER['HTTP_HOST'] = '${name}.example.org'; $_SERVER['REQUEST_URI'] = '/'; $_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
require '/srv/www/vhosts/${name}/SITE/wp-load.php';
wp_insert_post(['post_title' => '${title}', 'post_status' => 'publish', 'post_author' => 1, 'post_content' => '${title}'], true);
END
echo '${title}' >/srv/www/vhosts/${name}/SITE/wp-content/uploads/'${title}'`

/** A script that makes a static site with its virtual host. */
export const makeStatic = (name: string): string => `set -e
mkdir -p /srv/www/vhosts/${name}/SITE
echo '<title>${name}</title>' >/srv/www/vhosts/${name}/SITE/index.html
${served(name)}`
