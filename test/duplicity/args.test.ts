import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Backup,
  backupWords,
  collectionStatusWords,
  escapeGlob,
  filesInHome,
  fileUrl,
  folderOfUrl,
  restoreWords,
  siteUrl,
  type Target,
} from '../../lib/duplicity/args.ts'

const target: Target = {
  program: 'duplicity',
  url: 'file:///nas/site',
  name: 'site.backup',
  cache: '/cache',
  archiveDir: '/cache/site.backup',
  logFile: '/cache/site.backup.log',
  cipher: { kind: 'none' },
  compression: 'default',
  retries: 2,
  options: [],
}
const backup: Backup = { ...target, kind: 'full', source: '/vhosts/site', volumeSize: 200, exclude: [], otherHost: false }
const COMMON = ['--archive-dir=/cache', '--name=site.backup', '--log-file=/cache/site.backup.log', '--num-retries=2']

test('backupWords() begins with the verb and ends with source and URL', () => {
  const ends = ['--no-encryption', '--volsize=200', '/vhosts/site', 'file:///nas/site']
  assert.deepEqual(backupWords(backup), ['duplicity', 'full', ...COMMON, ...ends])
  assert.equal(backupWords({ ...backup, kind: 'incremental' })[1], 'incremental')
})

test('no call has uploads run beside the making of volumes, unless the inventory says so for a remote archive', () => {
  const calls = [backupWords(backup), backupWords({ ...backup, kind: 'incremental' }), collectionStatusWords(target)]
  for (const words of calls) assert.ok(!words.some(word => /^--(async|concurrency)/.test(word)), words.join(' '))
  const remote = { ...backup, url: 'sftp://me@nas/site', options: ['--concurrency=2'] }
  assert.ok(backupWords(remote).includes('--concurrency=2'))
})

test('restoreWords() and collectionStatusWords() say what they need', () => {
  const restore = { ...target, into: '/fresh', time: 1_700_000_000_999, path: 'a b', volumeSize: 25 }
  assert.deepEqual(restoreWords(restore), [
    'duplicity',
    'restore',
    ...COMMON,
    '--no-encryption',
    '--time=1700000000',
    '--volsize=25',
    '-r',
    'a b',
    'file:///nas/site',
    '/fresh',
  ])
  assert.ok(restoreWords({ ...restore, volumeSize: 1000 }).includes('--volsize=200'))
  const looking = collectionStatusWords(target)
  assert.deepEqual([looking[1], looking.at(-1)], ['collection-status', 'file:///nas/site'])
  for (const word of COMMON) assert.ok(looking.includes(word))
})

const ciphers: [string, Partial<Target>, string[]][] = [
  ['no encryption', {}, ['--no-encryption']],
  ['no encryption, no compression', { compression: 'none' }, ['--no-encryption', '--no-compression']],
  ['a passphrase that a person chose', { cipher: { kind: 'passphrase', stretched: true } }, []],
  ['a passphrase of 256 random bits', { cipher: { kind: 'passphrase', stretched: false } }, ['--gpg-options=--s2k-count=65536']],
  ['a key', { cipher: { kind: 'gpg', key: 'ABCD1234' } }, ['--encrypt-key=ABCD1234', '--gpg-options=--trust-model=always']],
  [
    'a key, no compression',
    { cipher: { kind: 'gpg', key: 'ABCD1234' }, compression: 'none' },
    ['--encrypt-key=ABCD1234', '--gpg-options=--trust-model=always --compress-algo=none'],
  ],
  [
    'a passphrase and a level',
    { cipher: { kind: 'passphrase', stretched: true }, compression: 1 },
    ['--gpg-options=--compress-level=1 --bzip2-compress-level=1'],
  ],
]
for (const [name, change, words] of ciphers) {
  test(`backupWords() with ${name}`, () => {
    const rest = backupWords({ ...backup, ...change }).filter(word => !COMMON.includes(word) && /crypt|gpg|compress/.test(word))
    assert.deepEqual(rest, words)
  })
}

test('backupWords() lets a set of another host be continued, and excludes below the source only', () => {
  const words = backupWords({ ...backup, source: '/vhosts/a[1]*', otherHost: true, exclude: ['SITE/cache', '/**.log'] })
  assert.ok(words.includes('--allow-source-mismatch'))
  assert.deepEqual(
    words.filter(word => word.startsWith('--exclude')),
    ['--exclude=/vhosts/a[[]1][*]/SITE/cache', '--exclude=/vhosts/a[[]1][*]/**.log'],
  )
  assert.ok(!backupWords(backup).includes('--allow-source-mismatch'))
})

test('backupWords() hands a URL its own options', () => {
  const words = backupWords({ ...backup, url: 's3://b/site', options: ['--s3-endpoint-url=http://nas:9000'] })
  assert.ok(words.includes('--s3-endpoint-url=http://nas:9000'))
})

test('escapeGlob() makes a pattern of a path that matches just itself', () => {
  assert.equal(escapeGlob('/a*b?c[d]'), '/a[*]b[?]c[[]d]')
})

test('fileUrl() survives any folder name', () => {
  assert.equal(fileUrl("/nas/a b'$(x);é%41"), "file:///nas/a%20b'%24(x)%3B%C3%A9%2541")
  const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter(text => !/[/\0]/.test(text))
  fc.assert(
    fc.property(fc.array(name, { minLength: 1 }), parts => {
      const folder = `/${parts.join('/')}`
      const url = fileUrl(folder)
      assert.match(url, /^file:\/\/\/[\x21-\x7e]*$/)
      assert.equal(decodeURIComponent(url.slice('file://'.length)), folder)
    }),
  )
})

test('siteUrl() puts one folder below the archive', () => {
  assert.equal(siteUrl('sftp://u@nas/x/', 'a b/c'), 'sftp://u@nas/x/a%20b%2Fc')
  assert.equal(siteUrl('s3://bucket', 'site'), 's3://bucket/site')
})

test('folderOfUrl() reads what fileUrl() wrote, and knows no folder for another place', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).filter(text => text.isWellFormed()),
      name => {
        assert.equal(folderOfUrl(fileUrl(`/nas/${name}`)), `/nas/${name}`)
      },
    ),
  )
  assert.equal(folderOfUrl('sftp://nas//x'), undefined)
})

test('filesInHome() gives what the programs behind a URL look for, and nothing for others', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['sftp://u@nas/x', ['.ssh', '.netrc']],
    ['pexpect+sftp://u@nas/x', ['.ssh', '.netrc']],
    ['rsync://u@nas//x', ['.ssh', '.netrc']],
    ['rclone://remote:/x', ['.config/rclone']],
    ['boto3+s3://bucket/x', ['.aws', '.boto']],
    ['s3://host/bucket', ['.aws', '.boto']],
    ['webdavs://nas/x', ['.netrc']],
    ['azure://container', []],
    ['file:///x', []],
    ['', []],
  ]
  for (const [url, files] of cases) assert.deepEqual(filesInHome(url), files, url)
})
