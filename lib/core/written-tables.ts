import { NOISE_COMMENT_TYPES, NOISE_POST_STATUSES, NOISE_POST_TYPES, OWN_POST_TYPES } from './wordpress-noise.ts'

export const WRITTEN = ['post', 'comment', 'order', 'user', 'upload', 'form entry'] as const
export type Written = (typeof WRITTEN)[number]

/** A table of WordPress or of one of its usual plugins in which each row is something that somebody wrote. */
export interface WrittenTable {
  /** Its name behind the prefix. */
  readonly table: string
  readonly key: string
  /** What a row says; columns that are not there say nothing. What changes by itself (counts) is not among them. */
  readonly columns: readonly string[]
  /** A value of a column that says the same as another one. */
  readonly same?: { readonly column: string; readonly value: string; readonly as: string }
  /** SQL: which rows are somebody's. */
  readonly where: string
  /** SQL: which of {@link WRITTEN} a row is. */
  readonly kind: string
  /** SQL: how a person calls it. */
  readonly label: string
  /** What belongs to such a row: a table, its column with that row's key, and again. */
  readonly related: readonly Related[]
}

/** Rows of another table that belong to a row, by the column that has the row's key. */
export interface Related {
  readonly table: string
  readonly column: string
  /** What belongs to those, by this column of theirs. */
  readonly of?: { readonly key: string; readonly related: readonly Related[] }
}

const list = (names: readonly string[]): string => names.map(name => `'${name}'`).join(', ')

const ITEMS: Related = {
  table: 'woocommerce_order_items',
  column: 'order_id',
  of: { key: 'order_item_id', related: [{ table: 'woocommerce_order_itemmeta', column: 'order_item_id' }] },
}

/** A table of entries of forms: one is never changed, so that its key says all. */
const formTable = (table: string, key: string, ...related: Related[]): WrittenTable => ({
  ...{ table, key, columns: [key], where: 'TRUE', kind: "'form entry'", label: "''", related },
})

export const WRITTEN_TABLES: readonly WrittenTable[] = [
  {
    table: 'posts',
    key: 'ID',
    columns: [
      ...['post_author', 'post_date', 'post_content', 'post_title', 'post_excerpt', 'comment_status', 'ping_status'],
      ...['post_password', 'post_name', 'post_content_filtered', 'post_parent', 'guid', 'menu_order', 'post_type'],
      ...['post_mime_type', 'post_status'],
    ],
    // a post whose hour has come is published by the first visit
    same: { column: 'post_status', value: 'future', as: 'publish' },
    where: `post_type NOT IN (${list([...NOISE_POST_TYPES, ...OWN_POST_TYPES])}) AND post_status NOT IN (${list(NOISE_POST_STATUSES)})`,
    kind: "CASE WHEN post_type LIKE 'shop\\_order%' THEN 'order' WHEN post_type = 'attachment' THEN 'upload' ELSE 'post' END",
    label: 'post_title',
    related: [{ table: 'postmeta', column: 'post_id' }, { table: 'term_relationships', column: 'object_id' }, ITEMS],
  },
  {
    table: 'comments',
    key: 'comment_ID',
    columns: [
      ...['comment_post_ID', 'comment_author', 'comment_author_email', 'comment_author_url', 'comment_date'],
      ...['comment_content', 'comment_approved', 'comment_type', 'comment_parent', 'user_id'],
    ],
    where: `comment_approved NOT IN ('spam', 'trash', 'post-trashed') AND comment_type NOT IN (${list(NOISE_COMMENT_TYPES)})`,
    kind: "'comment'",
    label: 'comment_author',
    related: [{ table: 'commentmeta', column: 'comment_id' }],
  },
  {
    table: 'users',
    key: 'ID',
    // a login may write the hash of the same password anew
    columns: ['user_login', 'user_nicename', 'user_email', 'user_url', 'user_registered', 'user_status', 'display_name'],
    where: 'TRUE',
    kind: "'user'",
    label: 'user_login',
    related: [{ table: 'usermeta', column: 'user_id' }],
  },
  {
    table: 'wc_orders',
    key: 'id',
    columns: [
      ...['status', 'currency', 'type', 'total_amount', 'customer_id', 'billing_email', 'date_created_gmt'],
      ...['parent_order_id', 'payment_method', 'transaction_id', 'customer_note'],
    ],
    where: `status NOT IN (${list(NOISE_POST_STATUSES)})`,
    kind: "'order'",
    label: "CONCAT('no. ', id)",
    related: [
      { table: 'wc_orders_meta', column: 'order_id' },
      { table: 'wc_order_addresses', column: 'order_id' },
      { table: 'wc_order_operational_data', column: 'order_id' },
      ITEMS,
    ],
  },
  formTable('gf_entry', 'id', { table: 'gf_entry_meta', column: 'entry_id' }),
  formTable('wpforms_entries', 'entry_id', { table: 'wpforms_entry_fields', column: 'entry_id' }),
  formTable('frm_items', 'id', { table: 'frm_item_metas', column: 'item_id' }),
  formTable('fluentform_submissions', 'id', { table: 'fluentform_entry_details', column: 'submission_id' }),
  formTable('e_submissions', 'id', { table: 'e_submissions_values', column: 'submission_id' }),
  formTable('db7_forms', 'form_id'),
]

/** A table's name behind the prefix of its WordPress: of a network's sites, behind the site's number too. */
export function withoutPrefix(table: string, prefix: string): string | undefined {
  return table.startsWith(prefix) ? table.slice(prefix.length).replace(/^\d+_/, '') : undefined
}

/** What the prefix of a table is, with a network site's number. */
export const prefixIn = (table: string, name: string): string => table.slice(0, table.length - name.length)
