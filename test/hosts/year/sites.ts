import type { Lab } from '../lab.ts'
import { served } from '../machines.ts'
import { makeStatic, makeWordPress } from '../wordpress.ts'

export const SITES = ['blog', 'shop', 'leaflet'] as const
export type Site = (typeof SITES)[number]
export const VHOSTS = '/srv/www/vhosts'

/** What a site is set to: MB of archive, and days from one full backup to the next. */
export interface Limits {
  readonly allowance: number
  readonly frequency: number
}

/**
 * A real WordPress without what only its administration needs: nights are many, and it is no larger than it must
 * be to answer.
 */
const TRIMMED = `cd ${VHOSTS}/blog/SITE
rm -rf wp-admin/css wp-admin/js wp-admin/images wp-includes/js wp-includes/images
find wp-content/themes -type d -name assets -prune -exec rm -rf {} +
find . -name '*.css' -delete`

/** What Holdfast sees of a shop: a configuration, a database and pictures, of which there are more every day. */
const SHOP = `set -e
mkdir -p ${VHOSTS}/shop/SITE/wp-content/uploads; cd ${VHOSTS}/shop/SITE
echo '<?php // all of WordPress' >wp-settings.php
echo '<title>Shop</title>' >index.html
cat >wp-config.php <<'END'
<?php
define('DB_NAME', 'shop'); define('DB_USER', 'shop'); define('DB_PASSWORD', 'a password of shop'); define('DB_HOST', 'localhost');
$table_prefix = 'wp_';
require_once __DIR__ . '/wp-settings.php';
END
chown -R www-data:www-data .; chmod 640 wp-config.php
mariadb <<'END'
CREATE DATABASE shop CHARACTER SET utf8mb4; CREATE USER shop@localhost IDENTIFIED BY 'a password of shop'; GRANT ALL ON shop.* TO shop@localhost; USE shop;
CREATE TABLE wp_options (option_name VARCHAR(64) PRIMARY KEY, option_value TEXT);
CREATE TABLE wp_users (id INT PRIMARY KEY, name TEXT);
CREATE TABLE wp_posts (id INT PRIMARY KEY AUTO_INCREMENT, title TEXT);
CREATE TABLE wp_orders (id INT PRIMARY KEY AUTO_INCREMENT, customer TEXT, what TEXT);
INSERT INTO wp_options VALUES ('siteurl', 'http://shop.example.org'); INSERT INTO wp_users VALUES (1, 'admin'); INSERT INTO wp_posts VALUES (1, 'Hello');
END
${served('shop')}`

const LEAFLET = `cd ${VHOSTS}/leaflet/SITE; for page in $(seq 40); do echo "page $page" >page-$page.html; done`

/** A script that sets a site's limits. */
export const limit = (site: Site, { allowance, frequency }: Limits): string =>
  `cd ${VHOSTS}/${site}; echo ${allowance} >max_NAS_space; echo ${frequency}D >full_backup_freq`

/** Makes the three sites on web1. */
export async function makeSites(lab: Lab, limits: Readonly<Record<Site, Limits>>): Promise<void> {
  await lab.sh('web1', `${makeWordPress('blog', 'Garden')}\n${TRIMMED}`)
  await lab.sh('web1', SHOP)
  await lab.sh('web1', `${makeStatic('leaflet')}\n${LEAFLET}`)
  for (const site of SITES) await lab.sh('web1', `${limit(site, limits[site])}; touch PRIMARY_IS_web1`)
}

const POST = (night: number): string => `<?php
$_SERVER['HTTP_HOST'] = 'blog.example.org'; $_SERVER['REQUEST_URI'] = '/'; $_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
require '${VHOSTS}/blog/SITE/wp-load.php';
wp_insert_post(['post_title' => 'day ${night}', 'post_status' => 'publish', 'post_author' => 1, 'post_content' => str_repeat('day ${night} ', 50)], true);`

const SALES = (night: number): string =>
  `INSERT INTO wp_orders (customer, what) SELECT CONCAT('customer ', seq), MD5(RAND()) FROM seq_1_to_20; INSERT INTO wp_posts (title) VALUES ('thing ${night}')`

/**
 * A script of what an owner does in a day: a post with a picture in the blog, what the shop sells, a page of the
 * leaflet once a week.
 */
export const day = (night: number, isDatabaseOn: boolean): string => `set -e
cd ${VHOSTS}
head -c 12000 /dev/urandom >blog/SITE/wp-content/uploads/day-${night}.jpg
head -c 25000 /dev/urandom >shop/SITE/wp-content/uploads/thing-${night}.jpg
${night % 7 === 0 ? `echo 'week of day ${night}' >leaflet/SITE/page-${(night / 7) % 40}.html` : ''}
${isDatabaseOn ? `runuser -u www-data -- php <<'END'\n${POST(night)}\nEND\nmariadb shop -e "${SALES(night)}"` : ''}`

/** A script that prints a word for all that a site is: its files, and its database by a dump of our own. */
export const stateOf = (site: Site, folder = `${VHOSTS}/${site}/SITE`, database: string | undefined = site): string =>
  `cd ${folder} && { find . -type f -print0 | sort -z | xargs -0 sha256sum; ${
    site === 'leaflet' ? '' : `mariadb-dump --skip-comments --skip-dump-date ${database};`
  } } | sha256sum | cut -c 1-16`
