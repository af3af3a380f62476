import type { SiteRights } from '../../lib/web-server/site-rights.ts'

/** What the site `shop` may name: its own names are shop.example and what is below it. */
export const RIGHTS: SiteRights = {
  folder: '/srv/www/vhosts/shop',
  certificates: '/etc/letsencrypt',
  lineages: ['shop.example'],
  nameObjection: name => (/^(\.|[a-z]+\.)?shop\.example$/.test(name) ? undefined : `${name} is another's`),
  sockets: ['/run/php/php8.2-fpm.sock'],
  ports: [80, 443],
}

/** Virtual hosts that the judge has nothing against, as Debian, certbot and people write them. */
export const APACHE: readonly string[] = [
  `<VirtualHost *:80>
	# The ServerName directive sets the request scheme, hostname and port
	ServerName shop.example
	ServerAdmin webmaster@localhost
	ServerAlias www.shop.example
	DocumentRoot /srv/www/vhosts/shop/SITE

	#LogLevel info ssl:warn
	LogLevel warn
	ErrorLog \${APACHE_LOG_DIR}/error.log
	CustomLog \${APACHE_LOG_DIR}/access.log combined
RewriteEngine on
RewriteCond %{SERVER_NAME} =shop.example [OR]
RewriteCond %{SERVER_NAME} =www.shop.example
RewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [END,NE,R=permanent]
</VirtualHost>
`,
  `<IfModule mod_ssl.c>
<VirtualHost *:443>
  ServerName shop.example:443
  documentroot "/srv/www/vhosts/shop/SITE/"
  DirectoryIndex index.php index.html
  Protocols h2 http/1.1
  <Directory "/srv/www/vhosts/shop/SITE">
    Options -Indexes +FollowSymLinks -ExecCGI
    AllowOverride All
    Require all granted
    RewriteEngine On
    RewriteBase /
    RewriteRule ^index\\.php$ - [L]
    RewriteCond %{REQUEST_FILENAME} !-f
    RewriteCond %{REQUEST_FILENAME} !-d
    RewriteRule . /index.php [L]
  </Directory>
  <FilesMatch "\\.php$">
    SetHandler "proxy:unix:/run/php/php8.2-fpm.sock|fcgi://localhost"
  </FilesMatch>
  <Files xmlrpc.php>
    Require all denied
  </Files>
  ErrorDocument 404 /404.html
  <IfModule mod_headers.c>
    Header always set Strict-Transport-Security "max-age=31536000"
    Header unset X-Powered-By
  </IfModule>
  <IfModule mod_expires.c>
    ExpiresActive On
    ExpiresByType image/png "access plus 1 month"
  </IfModule>
  Redirect permanent /old https://shop.example/new
  SSLEngine on
  SSLCertificateFile /etc/letsencrypt/live/shop.example/fullchain.pem
  SSLCertificateKeyFile /etc/letsencrypt/live/shop.example/privkey.pem
  Include /etc/letsencrypt/options-ssl-apache.conf
  ErrorLog /var/log/apache2/shop-error.log
</VirtualHost>
</IfModule>
`,
]

export const NGINX: readonly string[] = [
  `server {
    if ($host = www.shop.example) {
        return 301 https://$host$request_uri;
    } # managed by Certbot


    listen 80;
    listen [::]:80;
    server_name shop.example www.shop.example;
    return 404; # managed by Certbot
}
server {
    server_name shop.example .shop.example;
    root "/srv/www/vhosts/shop/SITE";
    index index.php index.html;
    access_log /var/log/nginx/shop.log combined;
    error_log /var/log/nginx/shop-error.log warn;
    client_max_body_size 64m;
    add_header X-Frame-Options "SAMEORIGIN" always;
    location = /favicon.ico { log_not_found off; access_log off; }
    location / {
        try_files $uri $uri/ /index.php?$args;
    }
    location ~ \\.php$ {
        include snippets/fastcgi-php.conf;
        fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
        fastcgi_pass unix:/run/php/php8.2-fpm.sock;
    }
    location ~* \\.(js|css|png|jpg)$ { expires max; }
    location ~ /\\.ht { deny all; }

    listen [::]:443 ssl ipv6only=on; # managed by Certbot
    listen 443 ssl http2; # managed by Certbot
    ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem; # managed by Certbot
    ssl_certificate_key /etc/letsencrypt/live/shop.example/privkey.pem; # managed by Certbot
    include /etc/letsencrypt/options-ssl-nginx.conf; # managed by Certbot
    ssl_dhparam /etc/letsencrypt/ssl-dhparams.pem; # managed by Certbot
}
`,
]
