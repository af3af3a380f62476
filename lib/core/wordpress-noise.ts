/**
 * What visits change in a site without anybody having written anything: WordPress's own caches, locks and due tasks,
 * what it knows of its host, sessions, drafts that nobody typed, counters. From WordPress's source and what its usual
 * plugins keep; on a replica all of it is gone with the next replay, and nobody misses it.
 */

const words = (text: string): string[] => text.trim().split(/\s+/)

/** Options that WordPress writes while it is merely visited, and those by which plugins remember when they last ran. */
export const NOISE_OPTIONS = {
  names: words(`
    auth_key auth_salt logged_in_key logged_in_salt nonce_key nonce_salt secure_auth_key secure_auth_salt
    recovery_keys recovery_mode_auth_key recovery_mode_auth_salt recovery_mode_email_last_sent secret_key cron
    doing_cron rewrite_rules recently_edited recently_activated auto_core_update_notified
    auto_plugin_theme_update_emails auto_updater.lock core_updater.lock auto_update_core_failed can_compress_scripts
    db_upgraded fresh_site https_detection_errors https_migration_required theme_switched
    theme_switched_via_customizer wp_calendar_block_has_published_posts post_count user_count blog_count
    admin_email_lifespan finished_splitting_shared_terms finished_updating_comment_type current_theme
    wp_attachment_pages_enabled action_scheduler_migration_status woocommerce_queue_flush_rewrite_rules
    wc_pending_batch_processes woocommerce_marketplace_suggestions woocommerce_admin_last_orders_milestone
    wordfence_syncAttackDataAttempts jetpack_sync_settings jetpack_next_sync_time rank_math_viewed
    wpseo_tracking_last_request`),
  /** As `LIKE` has them. */
  patterns: words(String.raw`
    \_transient\_% \_site\_transient\_% %\_children action\_scheduler\_lock\_% %.lock jpsq\_% jetpack\_nonce\_%
    jetpack\_sync\_% wc\_blocks\_%\_cache% %\_last\_run %\_last\_cron%`),
} as const

/** Meta keys of the same kind, as `LIKE` has them. */
export const NOISE_META = {
  postmeta: words(String.raw`
    \_edit\_lock \_edit\_last \_pingme \_encloseme \_oembed\_% \_trackbackme \_wp\_old\_% post\_views\_count %\_views
    views \_post\_views \_yoast\_wpseo\_linkdex \_elementor\_css \_elementor\_page\_assets \_et\_%\_cached% %\_cache
    %\_css\_time`),
  usermeta: words(String.raw`
    session\_tokens %user-settings %user-settings-time %dashboard\_quick\_press\_last\_post\_id
    nav\_menu\_recently\_edited wporg\_favorites community-events-location dismissed\_wp\_pointers
    show\_welcome\_panel default\_password\_nag %media\_library\_mode wc\_last\_active %last\_login%
    \_woocommerce\_persistent\_cart% \_woocommerce\_load\_saved\_cart% wfls-last-login last\_activity`),
  commentmeta: ['akismet\\_%', '\\_wp\\_trash\\_%'],
  termmeta: ['product\\_count\\_%', '%\\_views'],
} as const

/** What tables are called, behind their prefix, that hold nothing else. */
const NOISE_TABLES = new RegExp(
  `^(${words(String.raw`
    actionscheduler_\w+ woocommerce_sessions wc_admin_note\w* wc_reserved_stock wc_rate_limits woocommerce_log
    wc_download_log wf[A-Z]\w* wf(hits|logins|config|status|crawlers|issues|locs)\w* statistics_\w+ slim_stats\w*
    koko_analytics_\w+ burst_\w+ matomo_log_\w+ independent_analytics_\w+ redirection_(404|logs) yoast_\w+
    aioseo_cache litespeed_\w+ rank_math_(404_logs|analytics\w*) icwp_wpsf_\w+
    itsec_(logs|temp|lockouts|log|distributed_storage|geolocation_cache|dashboard\w*) cerber_\w+ popularposts\w+
    post_views postviews aryo_activity_log simple_history\w* wsal_\w+ stream(_meta)? loginizer_logs
    login_(fails|redirects) wpmailsmtp_debug_events queue failed_jobs e_events`).join('|')})$`,
)

/** Whether a table holds only what visits and plugins leave by themselves. @param name without the prefix */
export const isNoiseTable = (name: string): boolean => NOISE_TABLES.test(name)

/** Types of posts that WordPress and plugins make by themselves: caches, drafts that nobody typed, due tasks. */
export const NOISE_POST_TYPES = ['revision', 'oembed_cache', 'scheduled-action', 'customize_changeset', 'shop_order_placehold']
/** Those that it makes for its own sake when they are missing: nobody can tell whether a person did. */
export const OWN_POST_TYPES = ['wp_navigation', 'wp_global_styles', 'wp_template', 'wp_template_part', 'user_request']
export const NOISE_POST_STATUSES = ['auto-draft', 'wc-checkout-draft']
export const NOISE_COMMENT_TYPES = ['action_log', 'webhook_delivery']

/** `noise`: left by visits; `unknown`: nobody can tell; the others are somebody's. */
export type PathClass = 'noise' | 'unknown' | 'upload' | 'file'

const CONTENT = '(?:^|/)(?:wp-content|app|content)/'
const CACHES = [
  ...[
    '(?:^|/)(?:\\.?caches?|sessions|tmp)/',
    '(?:^|/)storage/framework/',
    `${CONTENT}(?:et-cache|wflogs|upgrade|upgrade-temp-backup|litespeed)/`,
  ],
  ...[`${CONTENT}(?:cache-enabler|endurance-page-cache|backup-db|ai1wm-backups|updraft)/`],
  `${CONTENT}uploads/(?:.*/)?(?:elementor/(?:css|thumbs|screenshots)|oxygen/css|fusion-(?:styles|scripts)|wc-logs|wpcf7_captcha)/`,
  `${CONTENT}uploads/(?:siteground-optimizer-assets|sb-instagram-feed-images|wpo|wp-statistics|simple-history|woocommerce_uploads/logs)/`,
  '\\.log(?:\\.\\d+)?$|(?:^|/)error_log$|(?:^|/)\\.maintenance$|\\.lock$',
  '^PRIMARY_IS_[^/]+$|^\\.holdfast', // our own
]
const NOISE_PATH = new RegExp(CACHES.join('|'), 'i')
const DATABASE_FILE = /\.(?:sqlite3?|db)(?:-journal|-wal|-shm)?$/i
const UPLOAD = new RegExp(`${CONTENT}(?:uploads|blogs\\.dir)/`)

/** What a file of a site is to whoever asks what was changed. @param path from the site's folder on */
export function pathClass(path: string): PathClass {
  if (NOISE_PATH.test(path)) return 'noise'
  if (DATABASE_FILE.test(path)) return 'unknown'
  return UPLOAD.test(path) ? 'upload' : 'file'
}
