import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutDefiner } from '../../lib/database/importable-statement.ts'

/** [a line of a dump, what becomes of it]: as mariadb-dump 10.11 and 11.8 and mysqldump 8.0 write them, and as people do. */
const table: [string, string][] = [
  ['/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */', '/*!50013 SQL SECURITY DEFINER */'],
  [
    '/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER t BEFORE INSERT ON p FOR EACH ROW SET @a=1 */;;',
    '/*!50003 CREATE*/ /*!50017 */ /*!50003 TRIGGER t BEFORE INSERT ON p FOR EACH ROW SET @a=1 */;;',
  ],
  [
    '/*!50106 CREATE*/ /*!50117 DEFINER=`o``dd@``x`@`%`*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY DO SELECT 1 */ ;;',
    '/*!50106 CREATE*/ /*!50117 */ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY DO SELECT 1 */ ;;',
  ],
  ['CREATE DEFINER=`root`@`localhost` PROCEDURE `p`()', 'CREATE PROCEDURE `p`()'],
  ['CREATE DEFINER=root@localhost FUNCTION f() RETURNS INT RETURN 1', 'CREATE FUNCTION f() RETURNS INT RETURN 1'],
  ['CREATE OR REPLACE DEFINER=`a`@`b` VIEW v AS SELECT 1', 'CREATE OR REPLACE VIEW v AS SELECT 1'],
  ['/*!50001 CREATE ALGORITHM=UNDEFINED */', '/*!50001 CREATE ALGORITHM=UNDEFINED */'],
]

test('withoutDefiner() takes the definer out of every form in which the dump programs write one', () => {
  for (const [line, clean] of table) assert.equal(withoutDefiner(line), clean)
})

test('withoutDefiner() leaves rows alone, whatever they contain', () => {
  const rows = [
    "INSERT INTO `wp_posts` VALUES (1,'CREATE DEFINER=`root`@`localhost` PROCEDURE p()');",
    "INSERT INTO `p` VALUES ('/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */');",
    ' CREATE DEFINER=`a`@`b` PROCEDURE in the body of another',
    'DEFINER=`root`@`localhost`',
    '-- CREATE DEFINER=`a`@`b` VIEW v',
    '',
  ]
  for (const row of rows) assert.equal(withoutDefiner(row), row)
})
