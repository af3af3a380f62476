<?php
// PHP reads this before each file of a site that is a copy, or frozen, as the web server tells it by HOLDFAST_MODE. A
// worker of PHP that other sites share, or that is older than the site's present mode, may read it too: then it does
// nothing.
if (!isset($_SERVER['HOLDFAST_MODE'])) {
    return;
}
(static function (): void {
    if (isset($_SERVER['HTTP_X_HOLDFAST_ASK'])) {
        echo 'guarded';
        exit;
    }
    // what a rule of the site's own leads to, under another name, is refused here
    $script = basename(isset($_SERVER['SCRIPT_FILENAME']) ? $_SERVER['SCRIPT_FILENAME'] : '');
    $writes = preg_match('/^(?:wp-(?:cron|login|comments-post|trackback|mail|signup|activate)|xmlrpc)[.]php$/', $script)
        || !in_array(isset($_SERVER['REQUEST_METHOD']) ? $_SERVER['REQUEST_METHOD'] : 'GET', ['GET', 'HEAD', 'OPTIONS'], true);
    if ($writes) {
        http_response_code(503);
        header('Retry-After: 120');
        $main = isset($_SERVER['HOLDFAST_MAIN']) ? $_SERVER['HOLDFAST_MAIN'] : '';
        echo 'This is a read-only copy', $main === '' ? '.' : ". The main site is at $main.";
        exit;
    }
    // WordPress takes over what is here before it begins
    $hook = static function (string $name, callable $function, int $arguments = 1): void {
        $GLOBALS['wp_filter'][$name][PHP_INT_MAX][] = ['function' => $function, 'accepted_args' => $arguments];
    };
    $none = static function () {
        return [];
    };
    $no = static function () {
        return false;
    };
    $hook('pre_get_ready_cron_jobs', $none);
    $hook('action_scheduler_allow_async_request_runner', $no);
    $hook('action_scheduler_queue_runner_concurrent_batches', static function () {
        return 0;
    });
    $hook('pre_http_request', static function () {
        return new WP_Error('holdfast_copy', 'This is a read-only copy of the site, which calls nobody.');
    });
    $hook('pre_wp_mail', $no);
    $hook('phpmailer_init', static function ($mailer): void {
        $mailer->clearAllRecipients();
    });
    $hook('query', static function ($query) {
        return preg_match('/^[\s(]*(?:SELECT|SHOW|DESC|DESCRIBE|EXPLAIN|SET|USE|WITH)\b/i', $query) ? $query : '';
    });
})();
