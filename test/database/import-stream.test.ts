import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { writeImportable } from '../../lib/database/import-stream.ts'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { output } from '../../lib/sandbox/process.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { dumpOf } from '../support/recovering.ts'

const folder = quickFolder('import-stream')
let mariadb: Mariadb

before(async () => {
  mariadb = await startMariadb(join(folder, 'db'))
})
after(() => mariadb.stop())

const [from, into] = [join(folder, 'dump.sql'), join(folder, 'import.sql')]

async function through(bytes: Buffer): Promise<Buffer> {
  writeFileSync(from, bytes)
  await writeImportable(from, into)
  return readFileSync(into)
}

test('writeImportable() changes no byte of what is no definer: by property, any bytes, lines of any length', async () => {
  const line = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map(bytes => Buffer.from(bytes)),
    fc
      .constantFrom("INSERT INTO t VALUES ('CREATE DEFINER=`a`@`b` VIEW');", '', 'DEFINER=`a`@`b`', '\r', 'CREATE ')
      .map(Buffer.from),
    // around the length from which a line is data, and around a chunk of a stream
    fc.constantFrom(4094, 4095, 4096, 4097, 65_535, 65_536, 65_537, 200_000).map(length => Buffer.alloc(length, 'é')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (lines, endsOpen) => {
      const bytes = Buffer.concat(
        lines.flatMap((each, index) => [each, Buffer.from(endsOpen && index === lines.length - 1 ? '' : '\n')]),
      )
      assert.ok((await through(bytes)).equals(bytes))
    }),
    { numRuns: 60 },
  )
})

test('writeImportable() takes definers out wherever a line begins, and a row of 2 MB between them stays whole', async () => {
  const row = `INSERT INTO t VALUES ('${'CREATE DEFINER=`a`@`b` VIEW '.repeat(70_000)}');`
  for (const fill of [0, 1, 30, 65_500, 65_520, 65_535]) {
    const dump = `${'x'.repeat(fill)}\nCREATE DEFINER=\`a\`@\`b\` VIEW v AS SELECT 1;\n${row}\nCREATE DEFINER=\`a\`@\`b\` VIEW w AS SELECT 1;`
    const wanted = `${'x'.repeat(fill)}\nCREATE VIEW v AS SELECT 1;\n${row}\nCREATE VIEW w AS SELECT 1;`
    assert.equal((await through(Buffer.from(dump))).toString(), wanted, String(fill))
  }
  assert.equal(statSync(into).mode & 0o777, 0o600)
})

const SQL = `CREATE TABLE p (id INT PRIMARY KEY, raw BLOB, text TEXT);
  INSERT INTO p VALUES (1, 0x00FF0A0D5C275C5A1A, 'CREATE DEFINER=\`root\`@\`localhost\` VIEW v'), (2, NULL, 'a\nCREATE DEFINER=\`root\`@\`localhost\` VIEW é\n\\\\! id');
  CREATE DEFINER='nobody'@'%' VIEW v AS SELECT id FROM p;
  CREATE DEFINER='nobody'@'%' TRIGGER t BEFORE INSERT ON p FOR EACH ROW SET NEW.id = NEW.id;
  CREATE DEFINER='nobody'@'%' PROCEDURE pr() SELECT 'DEFINER=x@y';
  CREATE DEFINER='nobody'@'%' FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;
  CREATE DEFINER='nobody'@'%' EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' DO DELETE FROM p WHERE id = 999;`

const OPTIONS = [
  '--no-defaults',
  '--routines',
  '--events',
  '--triggers',
  '--hex-blob',
  '--skip-extended-insert',
  '--skip-dump-date',
]

test('writeImportable() makes dumps of both Debian versions importable: nothing but the definers and the sandbox line differs', async () => {
  await mariadb.query("CREATE DATABASE source; CREATE USER nobody@'%'; GRANT ALL ON *.* TO nobody@'%'")
  await mariadb.query(SQL, 'source')
  const dumps = {
    here: await output('mariadb-dump', [...OPTIONS, `--socket=${mariadb.socket}`, 'source']),
    // Debian 13's, of that same database, made with these options
    debian13: readFileSync(join(import.meta.dirname, 'mariadb-dump-11.8.sql'), 'utf8'),
  }
  for (const [version, dump] of Object.entries(dumps)) {
    assert.match(dump, /DEFINER=`nobody`@`%`/)
    const importable = (await through(Buffer.from(dump))).toString()
    assert.doesNotMatch(importable, /nobody|sandbox mode/)
    await mariadb.query(`CREATE DATABASE copy_${version}`)
    await mariadb.query(importable, `copy_${version}`)
    const [source, copy] = ['source', `copy_${version}`].map(name =>
      dumpOf(mariadb, name)
        .replaceAll(name, 'NAME')
        .replaceAll(/^(\S*.{0,60})DEFINER=`[^`]*`@`[^`]*`/gm, '$1DEFINER'),
    )
    assert.equal(copy, source, version)
  }
})
