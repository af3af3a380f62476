<?php
// Runs a site's wp-config.php as WordPress would, and says on descriptor 3, as one line of JSON, what WordPress would then know of its database.
// Given to PHP on standard input, in a sandbox. Arguments: the configuration's path, the domain that is asked for (empty for none), the document root.

final class HoldfastUnreadable extends Exception
{
}

final class HoldfastConfig
{
    const CONSTANTS = ['DB_NAME', 'DB_USER', 'DB_PASSWORD', 'DB_HOST', 'DB_CHARSET'];
    const FATAL = E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_RECOVERABLE_ERROR;
    /** What PHP says that something is not there; the last part names it. */
    const MISSING = '/^(?:Uncaught Error: )?(?:Call to undefined (?:function|method) ([\w\\\\:]+)|Class "?\'?([\w\\\\]+)"?\'? not found|Undefined constant "([\w\\\\]+)"'
        . '|(?:require(?:_once)?\(\): )?Failed opening required \'([^\']*)\')/';

    public static $path;
    public static $thrown = null;
    public static $ended = false;
    private static $spare;

    static function begin(array $arguments): void
    {
        [, self::$path, $domain, $root] = $arguments;
        self::$spare = str_repeat(' ', 1 << 20); // for show(), when all memory is used up
        register_shutdown_function([self::class, 'show']);
        if (!is_file(self::$path) || !is_readable(self::$path)) throw new HoldfastUnreadable();
        define('ABSPATH', self::folderOfWordPress(dirname(self::$path)) . '/');
        chdir(dirname(self::$path));
        self::pretendRequest($domain, $root);
    }

    /** Where wp-load.php would be that finds this configuration: beside it, or one level below. */
    private static function folderOfWordPress(string $folder): string
    {
        $below = glob(addcslashes($folder, '\\*?[]{}') . '/*', GLOB_ONLYDIR) ?: [];
        foreach (array_merge([$folder], $below) as $each) {
            if (is_file("$each/wp-settings.php")) return dirname(realpath("$each/wp-settings.php"));
        }
        return realpath($folder);
    }

    private static function pretendRequest(string $domain, string $root): void
    {
        unset($_SERVER['argv'], $_SERVER['argc'], $GLOBALS['argv'], $GLOBALS['argc']);
        $request = [
            'DOCUMENT_ROOT' => $root, 'SCRIPT_FILENAME' => "$root/index.php", 'SCRIPT_NAME' => '/index.php', 'PHP_SELF' => '/index.php',
            'REQUEST_URI' => '/', 'QUERY_STRING' => '', 'REQUEST_METHOD' => 'GET', 'SERVER_PROTOCOL' => 'HTTP/1.1',
            'REMOTE_ADDR' => '127.0.0.1', 'SERVER_ADDR' => '127.0.0.1', 'SERVER_PORT' => '443', 'REQUEST_SCHEME' => 'https', 'HTTPS' => 'on',
        ];
        if ($domain !== '') $request += ['HTTP_HOST' => $domain, 'SERVER_NAME' => $domain];
        $_SERVER = $request + $_SERVER;
    }

    /** Runs when PHP ends, however it ends. */
    static function show(): void
    {
        self::$spare = null;
        $values = [];
        foreach (self::CONSTANTS as $name) $values[$name] = defined($name) ? self::bytes(constant($name)) : null;
        $values['table_prefix'] = isset($GLOBALS['table_prefix']) ? self::bytes($GLOBALS['table_prefix']) : null;
        $answer = ['values' => $values, 'asksHost' => self::asksHost(), 'sqlite' => self::sqliteFile(), 'stopped' => self::whyStopped()];
        fwrite(fopen('php://fd/3', 'w'), json_encode($answer, JSON_PARTIAL_OUTPUT_ON_ERROR));
        exit(0);
    }

    /** Any text as JSON can hold it; false for what is none. */
    private static function bytes($value)
    {
        return is_scalar($value) || $value === null ? base64_encode((string) $value) : false;
    }

    /** The file in which WordPress keeps its database: by the drop-in of its plugin for SQLite, whose file is there. Null for none. */
    private static function sqliteFile(): ?string
    {
        if (!defined('ABSPATH') || (defined('DB_ENGINE') && DB_ENGINE === 'mysql')) return null;
        $content = defined('WP_CONTENT_DIR') ? WP_CONTENT_DIR : ABSPATH . 'wp-content';
        $folder = defined('DB_DIR') ? DB_DIR : (defined('FQDBDIR') ? FQDBDIR : "$content/database");
        $file = defined('FQDB') ? FQDB : rtrim($folder, '/') . '/' . (defined('DB_FILE') ? DB_FILE : '.ht.sqlite');
        // what is read in vain would be PHP's last error
        if (!is_file($file) || !is_file("$content/db.php")) return null;
        return stripos((string) @file_get_contents("$content/db.php", false, null, 0, 100000), 'sqlite') === false ? null : realpath($file);
    }

    /** Whether a file of the configuration looks at the host's name: another domain may then give another answer. */
    private static function asksHost(): bool
    {
        foreach (get_included_files() as $file) {
            if (strpos($file, '/vendor/') === false && preg_match('/HTTP_HOST|SERVER_NAME/', (string) @file_get_contents($file)) === 1) return true;
        }
        return false;
    }

    /** Where PHP stopped before the configuration's end, and why; null when it came to it. PHP's own words are left out: they quote the code. */
    private static function whyStopped(): ?array
    {
        if (self::$thrown) return self::stop(get_class(self::$thrown), self::$thrown->getMessage(), self::$thrown->getFile(), self::$thrown->getLine());
        $last = error_get_last();
        if (!$last || !($last['type'] & self::FATAL)) return self::$ended ? null : self::stop('exit', '', self::$path, 0);
        preg_match('/^(?:Maximum execution time|Allowed memory size)/', $last['message'], $limit);
        return self::stop($limit[0] ?? 'fatal error', $last['message'], $last['file'], $last['line']);
    }

    private static function stop(string $kind, string $message, string $file, int $line): array
    {
        $missing = preg_match(self::MISSING, $message, $found) ? end($found) : null;
        return ['kind' => $kind, 'file' => $file, 'line' => $line, 'missing' => $missing];
    }
}

try {
    HoldfastConfig::begin($argv);
    require HoldfastConfig::$path;
    HoldfastConfig::$ended = true;
} catch (Throwable $holdfast_error) {
    HoldfastConfig::$thrown = $holdfast_error;
}
