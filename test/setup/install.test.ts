import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { stage } from './stage.ts'

/** A host whose duplicity is missing, and a package manager of our own that writes down what it is asked for. */
function lacking(aptGet: string) {
  const place = stage({}, { 'apt-get': `echo "$@" > "$STAGE/asked"; ${aptGet}` })
  mkdirSync(place.inventory)
  const text = 'archive: { kind: folder, path: /backup }\nduplicity: { program: duplicity-of-ours }\n'
  writeFileSync(join(place.inventory, 'web1.yaml'), text)
  return { ...place, asked: join(place.folder, 'asked') }
}

test('without a terminal and without --yes, setup prints the command and installs nothing', () => {
  const { asked, setup } = lacking('true')
  const { status, stdout } = setup()
  assert.equal(status, 1)
  assert.match(stdout, /MISSING {2}duplicity-of-ours .*\(not found\)/)
  assert.match(stdout, /^ {2}apt-get install --no-install-recommends duplicity$/m)
  assert.match(stdout, /web1 is not ready/)
  assert.ok(!existsSync(asked))
})

test('with --yes, setup installs what is missing and looks again', () => {
  const { asked, setup } = lacking('cp "$STAGE/bin/duplicity" "$STAGE/bin/duplicity-of-ours"')
  const { status, stdout } = setup('--yes')
  assert.equal(readFileSync(asked, 'utf8'), 'install --yes --no-install-recommends duplicity\n')
  assert.match(stdout, /ok {7}duplicity-of-ours/)
  assert.match(stdout, /web1 is ready/)
  assert.equal(status, 0)
})

for (const [what, aptGet] of [
  ['fails', 'exit 100'],
  ['brings nothing', 'true'],
]) {
  test(`setup ends with 1 when the package manager ${what}`, () => {
    assert.equal(lacking(aptGet!).setup('--yes').status, 1)
  })
}
