<?php
// The test server speaks no TLS: what would have come by HTTPS says so in a header.
if (($_SERVER['HTTP_X_HOLDFAST_HTTPS'] ?? '') === 'on') {
    $_SERVER['HTTPS'] = 'on';
    $_SERVER['REQUEST_SCHEME'] = 'https';
    $_SERVER['SERVER_PORT'] = '443';
    unset($_SERVER['HTTP_X_HOLDFAST_HTTPS']);
}
