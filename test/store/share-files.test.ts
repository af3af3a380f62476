import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Shell } from '../../lib/engine/shell.ts'
import { Stopped } from '../../lib/engine/stop.ts'
import { recordSet } from '../../lib/store/set-records.ts'
import { unlessMissing } from '../../lib/store/share-failure.ts'
import { ShareFiles } from '../../lib/store/share-files.ts'
import { receivedFiles, textOf } from '../../lib/store/share-listing.ts'
import { NO_CLAIMS } from '../../lib/store/written-claims.ts'
import { RACES } from '../support/exchanger.ts'
import { failingShare } from '../support/failing-share.ts'
import { ownFolder } from '../support/host.ts'
import { hungShare } from '../support/hung-share.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { outcomeOf, perform } from '../support/perform.ts'
import { shareProcesses, until } from '../support/processes.ts'
import { hearingShell } from '../support/shell.ts'

if (inOwnMounts(import.meta.filename)) {
  const folder = ownFolder('share')
  const [root, outside] = ['nas', 'outside'].map(name => join(folder, name)) as [string, string]
  const ID = '11111111-1111-4111-8111-111111111111'

  beforeEach(() => {
    for (const path of [root, outside]) rmSync(path, { recursive: true, force: true })
    mkdirSync(join(root, 'blog'), { recursive: true })
    mkdirSync(outside)
    writeFileSync(join(root, '.holdfast-identity'), `${ID}\n`)
    writeFileSync(join(root, 'blog', 'set'), 'text')
    writeFileSync(join(outside, 'file'), 'secret')
  })

  /** A process of its own that works on shares, as another host would have it. */
  function rawWorker(): (base: string, operation: string, ...args: string[]) => Promise<unknown> {
    const words = [join(import.meta.dirname, '../../lib/store/share-worker.ts')]
    const child = spawn(process.execPath, words, { stdio: ['pipe', 'ignore', 'inherit', 'ipc'], serialization: 'advanced' })
    after(() => void child.kill())
    return async (base, operation, ...args) => {
      const replied = once(child, 'message')
      child.stdin!.write(`${JSON.stringify({ place: { base, way: '' }, operation, args })}\n`)
      const [{ answer, failure }] = await replied
      assert.equal(failure, undefined)
      return answer
    }
  }

  type Options = { dry?: boolean; stop?: AbortSignal; seconds?: number; identity?: string; root?: string; way?: string }
  /** Works on the share in a step, and gives what came of it: the answer, the reason why it failed, and the lines of the log. */
  async function work<Answer>(run: (share: ShareFiles, shell: Shell) => Promise<Answer>, options: Options = {}) {
    const { seconds = 20, identity, dry = false, stop } = options
    let answer: Answer | undefined
    const step = async (_: object, shell: Shell): Promise<void> => {
      const place = { base: options.root ?? root, way: options.way ?? '', identity }
      answer = await run(new ShareFiles(place, shell.with({ timeout: seconds })), shell)
    }
    const chain = recipe<object>().do({ name: 'work', title: 'Work', run: step })
    const outcome = outcomeOf(await perform(chain, {}, stop ? { dry, stop } : { dry }), 'work')
    return { answer, reason: outcome.reason, status: outcome.status, lines: outcome.commands.map(({ line }) => line) }
  }

  test('it reads, lists, writes, makes and removes, and each is a line of the log', async () => {
    const { answer, reason, lines } = await work(async share => [
      await share.text('blog/set', 100),
      await share.text('blog/none', 100),
      await share.create('blog/PRIMARY_IS_web1'),
      await share.create('blog/PRIMARY_IS_web1'),
      await share.makeFolder('shop'),
      await share.of('shop').makeFolder(),
      await share.write('shop/note', 'new'),
      (await share.claimsBelow()).map(([name, { markers }]) => [name, markers]),
      (await share.of('shop').list())?.map(({ name, bytes }) => [name, bytes]),
      await share.of('none').list(),
      await share.of('blog').names('PRIMARY_IS_'),
      await share.stat().then(stat => [stat!.found.isFolder, stat!.around.links > 2]),
      await share.remove('shop/note'),
      await share.writtenAndReadBack('.holdfast-access-', 'nonce'),
    ])
    assert.equal(reason, undefined)
    const markers = [
      ['blog', ['PRIMARY_IS_web1']],
      ['shop', []],
    ]
    const none = undefined
    assert.deepEqual(answer, [
      'text',
      none,
      true,
      false,
      none,
      none,
      none,
      markers,
      [['note', 3]],
      none,
      ['PRIMARY_IS_web1'],
      [true, true],
      none,
      'nonce',
    ])
    assert.equal(lines.length, 14)
    assert.equal(lines[0], `# read ${root}/blog/set`)
    assert.deepEqual([readdirSync(root), readdirSync(join(root, 'shop'))], [['.holdfast-identity', 'blog', 'shop'], []])
  })

  test('a dry run reads, and writes nothing but what proves that it could', async () => {
    const { answer, lines } = await work(
      async share => [
        await share.text('blog/set', 100),
        await share.create('blog/made'),
        await share.write('blog/set', 'new'),
        await share.writtenAndReadBack('x', 'nonce'),
      ],
      { dry: true },
    )
    assert.deepEqual(answer, ['text', true, undefined, 'nonce'])
    assert.deepEqual([readdirSync(join(root, 'blog')), readFileSync(join(root, 'blog/set'), 'utf8')], [['set'], 'text'])
    assert.equal(lines[1], `# make the file ${root}/blog/made`)
  })

  const places: [string, (path: string) => void, RegExp | undefined][] = [
    ['a link to a file', path => symlinkSync(join(outside, 'file'), path), /blog\/set is a link, wanted a file/],
    ['a link to nothing', path => symlinkSync(join(outside, 'none'), path), /blog\/set is a link, wanted a file/],
    ['a pipe', path => execFileSync('mkfifo', [path]), /blog\/set is a pipe, wanted a file/],
    ['a file without end', path => execFileSync('truncate', ['--size=10G', path]), undefined],
  ]
  for (const [what, make, why] of places) {
    test(`${what} in the place of a file is not read, not followed and written over`, async () => {
      rmSync(join(root, 'blog/set'))
      make(join(root, 'blog/set'))
      const { reason, answer } = await work(share => share.text('blog/set', 100))
      if (why) assert.match(reason!, why)
      else assert.equal(answer!.length, 100)
      assert.equal((await work(share => share.create('blog/set', 'mine'))).answer, false)
      assert.equal((await work(share => share.write('blog/set', 'mine'))).reason, undefined)
      assert.ok(lstatSync(join(root, 'blog/set')).isFile())
      assert.deepEqual([readdirSync(outside), readFileSync(join(outside, 'file'), 'utf8')], [['file'], 'secret'])
    })
  }

  test('of several folders at once no large text is read, and each is told by itself', async () => {
    mkdirSync(join(root, 'large'))
    writeFileSync(join(root, 'large', 'note'), '\x01'.repeat(1_000_001))
    writeFileSync(join(root, 'blog', 'note'), 'a note')
    symlinkSync(outside, join(root, 'link'))
    const { shell } = hearingShell()
    const looks = await new ShareFiles({ base: root, way: '' }, shell).looks(['blog', 'large', 'link', 'none'], {
      note: 8_000_000,
    })
    assert.deepEqual(
      looks.map(look => look?.texts.map(([name, bytes]) => [name, bytes && textOf(bytes)]) ?? null),
      [[['note', 'a note']], [], null, null],
    )
    assert.deepEqual(
      receivedFiles(looks[1]!.files).map(({ name, bytes }) => [name, bytes]),
      [['note', 1_000_001]],
    )
  })

  test('whose each of many folders is, is told in their order', async () => {
    const names = Array.from({ length: 30 }, (_, at) => `site${at + 10}`)
    for (const [at, name] of names.entries()) {
      mkdirSync(join(root, 'many', name), { recursive: true })
      for (let other = 0; other < 500 - 16 * at; other++) writeFileSync(join(root, 'many', name, `${other}`), '')
      writeFileSync(join(root, 'many', name, `PRIMARY_IS_of-${name}`), '')
    }
    const { answer } = await work(share => share.claimsBelow(), { way: 'many' })
    assert.deepEqual(
      answer?.map(([name, { markers }]) => [name, markers]),
      names.map(name => [name, [`PRIMARY_IS_of-${name}`]]),
    )
  })

  test("a link in the place of a site's folder is not followed", async () => {
    renameSync(join(root, 'blog'), join(root, 'was'))
    symlinkSync(outside, join(root, 'blog'))
    const why = /nas\/blog is a link, wanted a folder/
    for (const run of [
      (share: ShareFiles) => share.text('blog/file', 100),
      (share: ShareFiles) => share.write('blog/file', 'mine'),
      (share: ShareFiles) => share.create('blog/new'),
      (share: ShareFiles) => share.of('blog').list(),
      (share: ShareFiles) => share.remove('blog/file'),
      (share: ShareFiles) => share.makeFolder('blog'),
    ])
      assert.match((await work<unknown>(run)).reason!, why)
    assert.deepEqual((await work(share => share.claimsBelow())).answer, [['was', NO_CLAIMS]])
    assert.deepEqual([readdirSync(outside), readFileSync(join(outside, 'file'), 'utf8')], [['file'], 'secret'])
  })

  test("a link on the way to the archive's folder is not followed", async () => {
    symlinkSync(outside, join(root, 'way'))
    const { reason } = await work(share => share.text('file', 100), { way: 'way' })
    assert.match(reason!, /nas\/way is a link, wanted a folder/)
    assert.equal((await work(share => share.text('set', 100), { way: 'blog' })).answer, 'text')
  })

  test('where the identity is known, nothing is done in a folder that does not hold it', async () => {
    assert.equal((await work(share => share.text('blog/set', 100), { identity: ID })).answer, 'text')
    for (const [spoil, why] of [
      [
        () => writeFileSync(join(root, '.holdfast-identity'), 'another'),
        /^the archive is no longer in .*nas: its share went away/,
      ],
      [() => rmSync(join(root, '.holdfast-identity')), /^the archive is no longer in /],
      [
        () => symlinkSync(join(outside, 'file'), join(root, '.holdfast-identity')),
        /can no longer be read \(.* is a link, wanted a file\) in/,
      ],
    ] as const) {
      spoil()
      assert.match((await work(share => share.write('blog/set', 'new'), { identity: ID })).reason!, why)
    }
    assert.equal(readFileSync(join(root, 'blog/set'), 'utf8'), 'text')
    const { reason } = await work(share => share.of('blog').list().catch(unlessMissing), { identity: ID, way: 'none' })
    assert.match(reason!, /can no longer be read \(ENOENT.*nas\/none'\) in .*nas\/none: its share went away/)
  })

  for (const code of ['EIO', 'ESTALE', 'ENOTCONN'] as const)
    test(`${code} of a share that went away is told as that, at once or in the middle, and of one file as that file's`, async () => {
      const mountPoint = join(folder, code)
      mkdirSync(mountPoint)
      await using failing = await failingShare(mountPoint, { '.holdfast-identity': ID })
      const at = { root: mountPoint, identity: ID }
      const gone = new RegExp(`^the archive can no longer be read \\(${code}: .*\\) in ${mountPoint}: its share went away`)
      const meets: Readonly<Record<string, [run: (share: ShareFiles) => Promise<unknown>, why: RegExp]>> = {
        'torn.txt': [share => share.text('torn.txt', 400_000), / read$/],
        'unseen.txt': [share => share.list(), /lstat 'unseen\.txt'$/],
        unlisted: [share => share.of('unlisted').names(''), /open '.*unlisted'$/],
        'unseen.txt, with others': [share => share.claimsBelow(), /lstat '.*unseen\.txt'$/],
      }
      for (const [what, [run, why]] of Object.entries(meets)) {
        failing.fails(code)
        const ofFile = await work(share => run(share).catch(error => ({ code: error.code, message: error.message })), at)
        assert.deepEqual((ofFile.answer as { code: string }).code, code, what)
        assert.match((ofFile.answer as { message: string }).message, why)
        assert.equal((await work(share => share.text('plain.txt', 100), at)).answer, 'plain')
        failing.fails(`${code} then-gone`)
        assert.match((await work(run, at)).reason ?? 'it can be read', gone, `${what}, and then all`)
        failing.fails(false)
      }
      failing.fails(`${code} gone`)
      for (const run of [
        ...Object.values(meets).map(([each]) => each),
        (share: ShareFiles) => share.stat(),
        (share: ShareFiles) => share.claims(),
        (share: ShareFiles) => share.write('new', 'text'),
        (share: ShareFiles) => share.hashes(['plain.txt'], 100),
      ])
        assert.match((await work<unknown>(run, at)).reason ?? 'it can be read', gone, String(run))
      failing.fails(false)
      assert.equal((await work(share => share.text('plain.txt', 100), at)).answer, 'plain')
      execFileSync('umount', ['--lazy', mountPoint])
    })

  test('what cannot be read is not written over, whatever is known of it', async () => {
    const mountPoint = join(folder, 'unread')
    mkdirSync(mountPoint)
    await using failing = await failingShare(mountPoint)
    failing.fails(true)
    for (const text of [undefined, 'what the night began with']) {
      const run = (share: ShareFiles) => share.exchange('torn.txt', { text }, 400_000, { remove: 'none' }, 'new')
      const { reason, answer } = await work(run, { root: mountPoint })
      assert.match(reason ?? 'it was written', /torn\.txt: EIO: .*, read$/)
      assert.equal(answer, undefined)
    }
    execFileSync('umount', ['--lazy', mountPoint])
  })

  test('errors of the disk keep their code', async () => {
    const missing = await work(share => share.write('none/set', 'new'))
    assert.match(missing.reason!, /ENOENT: no such file or directory, open '.*nas\/none'/)
    const { answer } = await work(
      share =>
        share
          .of('blog')
          .list()
          .catch(error => error.code),
      { root: join(folder, 'nowhere') },
    )
    assert.equal(answer, 'ENOENT')
  })

  test(`of three hosts that make or rename the same at once, one can, ${RACES} times`, async () => {
    const hosts = ['web1', 'web2', 'web3'].map(name => ({ name, ask: rawWorker() }))
    for (let race = 0; race < RACES; race++) {
      const [mark, blog] = [`mark${race}`, join(root, 'blog')]
      const all = async (argsOf: (name: string) => [operation: string, ...args: string[]]) =>
        (await Promise.all(hosts.map(({ name, ask }) => ask(root, ...argsOf(name))))).filter(Boolean).length
      assert.equal(await all(() => ['create', `blog/file${race}`, '']), 1)
      assert.equal(await all(name => ['makeFolderWith', `blog/${mark}`, name, name]), 1)
      const [winner] = readdirSync(join(blog, mark))
      assert.equal(readFileSync(join(blog, mark, winner!), 'utf8'), winner)
      assert.equal(await all(name => ['rename', `blog/${mark}/${winner}`, `new-${name}`]), 1)
      assert.equal(readdirSync(join(blog, mark)).length, 1)
    }
    assert.equal(readdirSync(join(root, 'blog')).length, 1 + 2 * RACES)
  })

  test('a dead server is given up in its time, the next request is answered, and no process is left', async () => {
    const mountPoint = join(folder, 'dead')
    mkdirSync(mountPoint)
    {
      await using _ = await hungShare(mountPoint)
      const { reason } = await work(share => share.of('blog').list(), { root: mountPoint, seconds: 0.3 })
      assert.equal(reason, `${mountPoint} did not answer within 0.3 s: cannot list ${mountPoint}/blog`)
      const stop = new AbortController()
      const begun = work(share => share.of('blog').list(), { root: mountPoint, stop: stop.signal })
      const waiting = work(share => share.of('blog').list(), { root: mountPoint, stop: stop.signal })
      await setTimeout(100)
      stop.abort(new Stopped('SIGTERM'))
      assert.deepEqual([(await begun).status, (await waiting).status], ['stopped', 'stopped'])
      assert.equal((await work(share => share.text('blog/set', 100))).answer, 'text')
    }
    await until(() => shareProcesses().length === 1)
  })

  test('a stop while something is written down on a dead share takes nothing from what was told before', async () => {
    const mountPoint = join(folder, 'stopped')
    mkdirSync(mountPoint)
    await using _ = await hungShare(mountPoint)
    const stop = new AbortController()
    const step = async (_: object, shell: Shell): Promise<void> => {
      shell.report({ site: 'blog', backedUp: 'full' })
      const written = recordSet({ folder: join(mountPoint, 'blog') }, 0, { host: 'web1' }, shell)
      setTimeout(100).then(() => stop.abort(new Stopped('SIGTERM')))
      await written
    }
    const chain = recipe<object>().do({ name: 'work', title: 'Work', run: step })
    const outcome = outcomeOf(await perform(chain, {}, { stop: stop.signal }), 'work')
    assert.deepEqual([outcome.status, outcome.reports], ['stopped', [{ site: 'blog', backedUp: 'full' }]])
  })

  test('a process that was killed is begun again, and keeps no share from being unmounted', async () => {
    const share = join(folder, 'tmpfs')
    mkdirSync(share)
    execFileSync('mount', ['-t', 'tmpfs', 'share', share])
    assert.deepEqual((await work(files => files.list(), { root: share })).answer, [])
    execFileSync('umount', [share])
    for (const pid of shareProcesses()) process.kill(pid, 'SIGKILL')
    const first = await work(files => files.text('blog/set', 100))
    assert.ok(first.answer === 'text' || /ended with SIGKILL/.test(first.reason!), first.reason)
    assert.equal((await work(files => files.text('blog/set', 100))).answer, 'text')
  })

  test('endShareProcess() ends one that hangs, and who waits for it goes on', () => {
    const script = `
      import { beginShareProcess, endShareProcess } from '${join(import.meta.dirname, '../../lib/store/share-process.ts')}'
      import { shareProcesses, until } from '${join(import.meta.dirname, '../support/processes.ts')}'
      beginShareProcess()
      await until(() => shareProcesses().length === 1)
      process.kill(shareProcesses()[0], 'SIGSTOP')
      await endShareProcess()
      process.stdout.write(String(shareProcesses().length))`
    const words = ['--input-type=module-typescript', '-e', script]
    assert.equal(execFileSync(process.execPath, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }), '0')
  })

  test('many requests at once are answered, each with its own', async () => {
    for (let index = 0; index < 50; index++) writeFileSync(join(root, 'blog', `n${index}`), String(index))
    const { answer } = await work(share =>
      Promise.all(Array.from({ length: 50 }, (_, index) => share.text(`blog/n${index}`, 10))),
    )
    assert.deepEqual(
      answer,
      Array.from({ length: 50 }, (_, index) => String(index)),
    )
  })
}
