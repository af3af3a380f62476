/**
 * Lines of a dump that begin a view, trigger, routine or event with the account that it shall run as: the forms that
 * mariadb-dump and mysqldump write. The server's own SHOW CREATE writes them like this too, a view's algorithm first. A
 * row of data never begins so: rows are INSERTs, one a line.
 */
const DEFINER_LINE =
  /^(\/\*!50013 |\/\*!50003 CREATE\*\/ |\/\*!50106 CREATE\*\/ |CREATE (?:OR REPLACE )?(?:ALGORITHM=\w+ )?)((?:\/\*!\d+ )?)DEFINER=(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|[^\s@]+)@(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|[^\s*]+)\s*/

/**
 * Takes the DEFINER out of one line of a dump, so that whoever imports it becomes the definer: a set must not bring
 * along a trigger that runs as another site's account or the server's (S41).
 */
export function withoutDefiner(line: string): string {
  return line.replace(DEFINER_LINE, '$1$2')
}
