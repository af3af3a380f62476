import assert from 'node:assert/strict'
import { globSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DatedNights } from '../support/dated-nights.ts'
import { ownFolder } from '../support/host.ts'
import { commandIn, typeCommand } from '../support/printed.ts'
import { startTask } from '../support/recovery-stage.ts'
import { Stage } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

/** How many nights there are; forty by `HOLDFAST_NIGHTS=40`. */
const NIGHTS = Number(process.env.HOLDFAST_NIGHTS ?? 6)
const BROKEN = Math.floor(NIGHTS / 2)
const DAY = 86_400_000
const FIRST = Date.parse('2026-01-05T03:00:00Z')

const folder = ownFolder('bisect')
const stage = new Stage(folder)
const host = stage.addHost('web1')
const bisect = (...words: string[]) => startTask(stage, host, 'bisect', ['--site', 'blog', ...words]).ended

test('the night on which a site broke is found where nobody asked it, by as few restores as halving takes; what is known is not tried again', async () => {
  const site = await createStaticSite(host, 'blog')
  const write = (path: string, text: string, time: number): void => {
    writeFileSync(join(site, path), text)
    utimesSync(join(site, path), time / 1000, time / 1000)
  }
  rmSync(join(site, 'SITE/index.html'), { force: true })
  const nights = new DatedNights(stage, host, 'blog', {})
  for (let night = 0; night < NIGHTS; night++) {
    const time = FIRST + night * DAY
    if (night === 0) write('SITE/index.php', '<?php require "functions.php"; echo "shop ", hello();', time)
    if (night === 0) write('SITE/functions.php', '<?php function hello() { return "well"; }', time)
    if (night === BROKEN) write('SITE/functions.php', '<?php function hello( { return "broken"; }', time)
    if (night === 2) write('SITE/web-shell.php', '<?php', time)
    if (night === 3) rmSync(join(site, 'SITE/web-shell.php'))
    write('SITE/night.txt', `night ${night}`, time)
    await nights.backUp(time)
  }
  const day = (night: number): string => new Date(FIRST + night * DAY).toISOString().slice(0, 10)

  const first = await bisect()
  assert.equal(first.code, 0, first.stdout + first.stderr)
  assert.match(first.stdout, new RegExp(`the last that works: the backup of ${day(BROKEN - 1)} 03:00:00 UTC`))
  assert.match(first.stdout, new RegExp(`the first that does not: the backup of ${day(BROKEN)} 03:00:00 UTC`))
  assert.match(first.stdout, /changed: .*SITE\/functions\.php/)
  const restores = Number(/(\d+) restores made/.exec(first.stdout)?.[1])
  assert.ok(restores <= 1 + Math.ceil(Math.log2(NIGHTS)), first.stdout)
  assert.match((await bisect()).stdout, /0 restores made/)

  const missing = await bisect('--expect', 'no such text', '--before', `${day(0)}T12:00:00Z`)
  assert.equal(missing.code, 1)
  assert.match(missing.stdout, /none works, not even the oldest/)

  const judge = join(folder, 'judge.sh')
  const script = `exit(file_get_contents($argv[1]) < "night ${BROKEN - 1}" ? 0 : 1);`
  writeFileSync(judge, `#!/bin/sh\nphp -r '${script}' -- "$1"\n`, { mode: 0o700 })
  const judged = await bisect('--judge', judge, '--path', '/night.txt')
  assert.match(judged.stdout, new RegExp(`the last that works: the backup of ${day(BROKEN - 2)}`), judged.stdout)

  const history = (await bisect('--file', 'SITE/web-shell.php')).stdout
  assert.match(history, new RegExp(`it appeared between the backups of ${day(1)} .* and ${day(2)}`))
  assert.match(history, new RegExp(`it went between the backups of ${day(2)} .* and ${day(3)}`))
  assert.deepEqual(globSync(join(host.folder, 'cache/duplicity/tmp/*')), [])

  const back = await typeCommand(commandIn(first.stdout, 'recover', '--at'), {}, '--yes')
  assert.equal(back.code, 0, back.said)
  assert.match(readFileSync(join(site, 'SITE/functions.php'), 'utf8'), /well/)
})
