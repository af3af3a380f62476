import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { filesInHome, fileUrl, folderOfUrl, siteUrl } from '../../lib/duplicity/url.ts'

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
