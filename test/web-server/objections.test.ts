import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectionsTo } from '../../lib/web-server/objections.ts'
import type { WebServerKind } from '../../lib/web-server/virtual-hosts.ts'
import { APACHE, NGINX, RIGHTS } from '../support/plain-configuration.ts'

const isPlain = (kind: WebServerKind, text: string): void => assert.deepEqual(objectionsTo(kind, text, RIGHTS), [])

test('objectionsTo() has none to the virtual hosts that Debian, certbot and WordPress’ handbook know', () => {
  for (const text of APACHE) isPlain('apache', text)
  for (const text of NGINX) isPlain('nginx', text)
})

/** A line, and what is said of it; in a virtual host that is plain otherwise. */
const APACHE_LINES: [string, RegExp][] = [
  ['ErrorLog "|sh -c touch\\ /tmp/x"', /quotes or variables|wanted a file directly below \/var\/log\/apache2/],
  [
    "ErrorLog '|/bin/sh -c id'",
    /ErrorLog '\|\/bin\/sh -c id': wanted a file directly below \/var\/log\/apache2 or \$\{APACHE_LOG_DIR\}/,
  ],
  ['CustomLog "||/bin/sh -c id" combined', /wanted a file directly/],
  ['CustomLog ${APACHE_LOG_DIR}/../../../etc/cron.d/x combined', /wanted a file directly/],
  ['CustomLog ${APACHE_LOG_DIR}/shop/access.log combined', /wanted a file directly/],
  ['CustomLog ${APACHE_LOG_DIR}${X}/access.log combined', /quotes or variables/],
  ['ErrorLog syslog:local7', /wanted a file directly/],
  ['GlobalLog /etc/cron.d/x "* * * * * root id"', /GlobalLog .*: it is not on the list/],
  ['Include /etc/shadow', /wanted \/etc\/letsencrypt\/options-ssl-apache\.conf/],
  ['IncludeOptional /etc/letsencrypt/options-ssl-apache.conf', /not on the list/],
  ['LoadModule x_module /srv/www/vhosts/shop/x.so', /not on the list/],
  ['loadfile /srv/www/vhosts/shop/x.so', /not on the list/],
  ['DocumentRoot /srv/www/vhosts/other/SITE', /wanted a folder of the site/],
  ['DocumentRoot /srv/www/vhosts/shop/SITE/../../other/SITE', /wanted a folder of the site/],
  ['DocumentRoot /srv/www/vhosts/shopping/SITE', /wanted a folder of the site/],
  ['DocumentRoot /srv/www/vhosts/shop/.holdfast', /wanted a folder of the site/],
  ['DocumentRoot ${ROOT}/SITE', /quotes or variables/],
  ['DocumentRoot /', /wanted a folder of the site/],
  ['ServerAlias other.example', /other\.example is another's/],
  ['ServerAlias *', /\* is another's/],
  ['SSLCertificateFile /etc/letsencrypt/live/other.example/fullchain.pem', /wanted fullchain\.pem or cert\.pem of a certificate/],
  ['SSLCertificateFile /etc/letsencrypt/live/shop.example/../other.example/fullchain.pem', /wanted fullchain/],
  ['SSLCertificateKeyFile /etc/letsencrypt/live/shop.example/cert.pem', /wanted privkey/],
  ['SSLPassPhraseDialog |/bin/sh', /not on the list/],
  ['RewriteMap x prg:/bin/sh', /not on the list/],
  ['RewriteRule ^/(.*)$ http://127.0.0.1:3306/$1 [P]', /wanted a redirect/],
  ['RewriteRule ^/x$ /etc/passwd [L]', /wanted a redirect/],
  ['RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R,E=HTTP_PROXY:x]', /wanted a redirect/],
  ['RewriteRule ^ https://%{ENV:X}/ [R]', /wanted a redirect/],
  ['RewriteCond %{LA-U:REMOTE_USER} x', /wanted a plain test/],
  ['RewriteCond expr "true"', /wanted a plain test/],
  ['ProxyPass / http://127.0.0.1:3306/', /not on the list/],
  ['Alias /o /srv/www/vhosts/other', /not on the list/],
  ['php_admin_value auto_prepend_file /etc/passwd', /not on the list/],
  ['SetEnv PHP_VALUE x', /not on the list/],
  ['SetHandler server-status', /may not stand here/],
  ['<Directory /srv/www/vhosts/other>\nRequire all granted\n</Directory>', /wanted a folder of the site/],
  ['<Directory ~ /srv/www/vhosts/shop>\nRequire all granted\n</Directory>', /wanted a folder of the site/],
  ['<Directory /srv/www/vhosts/*>\nRequire all granted\n</Directory>', /wanted a folder of the site/],
  ['<Directory "/srv/www/vhosts/shop/SITE">\nOptions +ExecCGI\n</Directory>', /Options \+ExecCGI/],
  ['<Directory "/srv/www/vhosts/shop/SITE">\nOptions All\n</Directory>', /Options All/],
  ['<Directory "/srv/www/vhosts/shop/SITE">\nAllowOverride Options=All\n</Directory>', /AllowOverride/],
  ['<Directory "/srv/www/vhosts/shop/SITE">\nRequire expr true\n</Directory>', /wanted all granted/],
  [
    '<FilesMatch \\.php$>\nSetHandler "proxy:unix:/run/php/other.sock|fcgi://localhost"\n</FilesMatch>',
    /wanted the socket of PHP/,
  ],
  ['<Location />\nSetHandler server-info\n</Location>', /<Location \/>: it is not on the list/],
  ['<If "true">\nOptions None\n</If>', /<If "true">: it is not on the list/],
  ['<IfDefine X>\n</IfDefine>', /not on the list/],
  ['<IfModule mod_ssl.c>\nUser root\n</IfModule>', /User root: it is not on the list/],
  ['Define APACHE_LOG_DIR /etc', /not on the list/],
  ['Use Macro', /not on the list/],
  [
    '</VirtualHost>\nDocumentRoot /srv/www/vhosts/shop\n<VirtualHost *:80>\nServerName shop.example',
    /DocumentRoot .*: it may not stand here/,
  ],
  ['# a comment \\\nErrorLog /etc/passwd', /it goes on in the next line/],
  ['DirectoryIndex index.php \\', /it goes on in the next line/],
  ['DirectoryIndex "index.php', /quotes or variables/],
  ['DirectoryIndex index".php"', /quotes or variables/],
  ['DirectoryIndex \u00e4.php', /a character that is not plain: U\+00E4/],
  ['DirectoryIndex a.php\0', /U\+0000/],
  ['DirectoryIndex a.php\r', /U\+000D/],
  ['DirectoryIndex a.php\u2028User root', /U\+2028/],
  ['DirectoryIndex\x0ba.php', /U\+000B/],
  [`# ${'x'.repeat(2000)}`, /it has 2002 characters/],
  ['</VirtualHost>', /it ends no section/],
  ['</Directory>', /it ends no section/],
  ['<Directory "/srv/www/vhosts/shop/SITE">', /ends no section/],
  ['Header set X "%{SECRET}e"', /a plain value/],
  ['Header edit X a b', /a plain value/],
  ['__proto__ x', /cannot be read/],
  ['constructor x', /not on the list/],
  ['<constructor x>\n</constructor>', /not on the list/],
]
for (const [line, said] of APACHE_LINES) {
  test(`objectionsTo() Apache's ${JSON.stringify(line).slice(0, 90)}`, () => {
    const text = `<VirtualHost *:80>\nServerName shop.example\n${line}\n</VirtualHost>\n`
    assert.match(
      objectionsTo('apache', text, RIGHTS)
        .map(each => each.text)
        .join('\n'),
      said,
    )
  })
}

test('objectionsTo() wants a name and any address of each virtual host, and tells the line', () => {
  const without = '<VirtualHost *:80>\nDocumentRoot /srv/www/vhosts/shop/SITE\n</VirtualHost>\n'
  assert.deepEqual(objectionsTo('apache', without, RIGHTS), [{ line: 1, text: 'the virtual host has no ServerName' }])
  const certain = '\n# x\n<VirtualHost 192.0.2.1:80>\nServerName shop.example\n</VirtualHost>'
  assert.deepEqual(objectionsTo('apache', certain, RIGHTS), [{ line: 3, text: '<VirtualHost 192.0.2.1:80>: wanted *:PORT' }])
})

const NGINX_LINES: [string, RegExp][] = [
  ['access_log "|sh" combined;', /wanted a file directly below \/var\/log\/nginx/],
  ['access_log /var/log/nginx/../x;', /wanted a file directly/],
  ['access_log /var/log/nginx/shop/x.log;', /wanted a file directly/],
  ['access_log /var/log/nginx/$host.log;', /wanted a file directly/],
  ['error_log /etc/cron.d/x;', /wanted a file directly/],
  ['error_log /var/log/nginx/x debug;', /wanted a file directly/],
  ['include /etc/shadow;', /wanted fastcgi_params/],
  ['include snippets/../../shadow;', /wanted fastcgi_params/],
  ['load_module /srv/x.so;', /not on the list/],
  ['root /srv/www/vhosts/other/SITE;', /wanted a folder of the site/],
  ['location /o { alias /srv/www/vhosts/other/; }', /alias .*: it is not on the list/],
  ['location / { proxy_pass http://127.0.0.1:3306; }', /not on the list/],
  ['location ~ \\.php$ { fastcgi_pass unix:/run/php/other.sock; }', /wanted the socket of PHP/],
  ['location ~ \\.php$ { fastcgi_pass 127.0.0.1:9000; }', /wanted the socket of PHP/],
  ['location ~ \\.php$ { fastcgi_param PHP_ADMIN_VALUE "auto_prepend_file=/etc/passwd"; }', /wanted SCRIPT_FILENAME/],
  ['location ~ \\.php${ return 404; }', /quotes, braces or escapes/],
  ['location @x { return 404; }', /wanted a path/],
  ['content_by_lua_block { os.execute("id") }', /content_by_lua_block|quotes/],
  ['perl_set $x "sub {}";', /not on the list/],
  ['ssl_certificate /etc/letsencrypt/live/other.example/fullchain.pem;', /wanted fullchain/],
  ['ssl_certificate data:$x;', /wanted fullchain/],
  ['ssl_password_file /etc/shadow;', /not on the list/],
  ['listen 192.0.2.1:80;', /wanted a port on which nginx listens/],
  ['listen 80 default_server;', /no more than ssl and http2/],
  ['listen 3306;', /wanted a port on which nginx listens/],
  ['listen unix:/run/x.sock;', /wanted a port/],
  ['server_name other.example;', /is another's/],
  ['server_name ~^(.*)$;', /is another's/],
  ['server_name "";', /is another's/],
  ['if ($http_x) { return 404; }', /wanted \(\$host = NAME\)/],
  ['if ($host = a.example) { root /srv/www/vhosts/shop; }', /may not stand here/],
  ['return 200 "x";', /wanted a redirect/],
  ['return 301 https://$http_x/;', /wanted a redirect/],
  ['rewrite ^ /x last;', /not on the list/],
  ['add_header X $cookie_x;', /a plain value/],
  ['try_files $uri /../x;', /wanted \$uri/],
  ['index ${x}.php;', /not on the list|braces/],
  ['index a"b";', /quotes, braces/],
  ['index a\\;b;', /quotes, braces/],
  ['index a', /has no end|wanted names/],
  ['index a.php#b;', /quotes, braces/],
  ['}', /closes nothing/],
  ['{ }', /no name/],
  ['index a.php\u00a0;', /U\+00A0/],
  [`${'location / { '.repeat(20)}${'} '.repeat(20)}`, /too deep/],
]
for (const [line, said] of NGINX_LINES) {
  test(`objectionsTo() nginx's ${JSON.stringify(line).slice(0, 90)}`, () => {
    const text = `server {\nlisten 80;\nserver_name shop.example;\n${line}\n}\n`
    assert.match(
      objectionsTo('nginx', text, RIGHTS)
        .map(each => each.text)
        .join('\n'),
      said,
    )
  })
}

test('objectionsTo() wants a name of each of nginx’ servers, and tells the line', () => {
  assert.deepEqual(objectionsTo('nginx', '# x\n\nserver { listen 80; }', RIGHTS), [
    { line: 3, text: 'the server has no server_name' },
  ])
  const late = 'server {\n  server_name shop.example;\n  location / {\n    proxy_pass http://x;\n  }\n}'
  assert.deepEqual(
    objectionsTo('nginx', late, RIGHTS).map(each => each.line),
    [4],
  )
})

test('objectionsTo() takes no time over a long line or file', () => {
  for (const text of [
    `<A${' '.repeat(999)}x`,
    `A ${'"'.repeat(990)}`,
    `A ${'\\'.repeat(990)}x`,
    'x'.repeat(70_000),
    '<IfModule a>\n'.repeat(5000),
  ])
    for (const kind of ['apache', 'nginx'] as const) assert.ok(objectionsTo(kind, text, RIGHTS).length > 0)
})
