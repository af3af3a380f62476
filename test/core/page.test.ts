import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgePage, type Page } from '../../lib/core/page.ts'

const OWN = ['blog.example', '*.shop.example']
const page = (fields: Partial<Page>): Page => ({ status: 200, body: '<h1>Hello</h1>', ...fields })

/** A page, the text that is expected of it, and what is said of it. */
const PAGES: readonly (readonly [Partial<Page>, string | undefined, string])[] = [
  [{}, undefined, 'works: HTTP 200'],
  [{ status: 204, body: '' }, undefined, 'works: HTTP 204'],
  [{}, 'Hello', 'works: HTTP 200'],
  [{}, 'Goodbye', 'broken: HTTP 200, without the expected text'],
  [{ status: 500, body: 'Hello' }, 'Hello', 'broken: HTTP 500'],
  [{ status: 403 }, undefined, 'broken: HTTP 403'],
  [{ body: ' \n' }, undefined, 'broken: HTTP 200, but an empty page'],
  [
    { body: '<br />\n<b>Fatal error</b>:  Uncaught Error: no() in /x.php:3\nthrown in <b>/x.php</b> on line <b>3</b><br />' },
    undefined,
    'broken: HTTP 200, but a fatal error of PHP',
  ],
  [
    { body: '\nParse error: syntax error, unexpected end of file in /x.php on line 3' },
    undefined,
    'broken: HTTP 200, but a fatal error of PHP',
  ],
  [
    { body: '<p>How I fixed &lt;b&gt;Fatal error&lt;/b&gt;: Uncaught, and a <b>Fatal error</b> besides.</p>' },
    undefined,
    'works: HTTP 200',
  ],
  [{ body: '<html><head><title>Database Error</title>' }, undefined, 'broken: HTTP 200, but a database error'],
  [{ body: '<body id="error-page"><div class="wp-die-message">' }, undefined, 'broken: HTTP 200, but an error page of WordPress'],
  [{ status: 301, location: 'https://blog.example/' }, undefined, 'works: HTTP 301'],
  [{ status: 301, location: '/en/' }, undefined, 'works: HTTP 301'],
  [{ status: 301, location: 'https://www.blog.example/' }, undefined, 'works: HTTP 301'],
  [{ status: 302, location: 'https://eu.shop.example/' }, undefined, 'works: HTTP 302'],
  [
    { status: 302, location: 'https://cheap-pills.example/' },
    undefined,
    'broken: HTTP 302, which redirects to cheap-pills.example',
  ],
  [{ status: 302, location: 'https://blog.example.evil/' }, undefined, 'broken: HTTP 302, which redirects to blog.example.evil'],
  [
    { status: 302, location: 'http://blog.example/wp-admin/install.php' },
    undefined,
    "broken: HTTP 302, which redirects to WordPress's installation",
  ],
  [
    { status: 302, location: '/wp/wp-admin/setup-config.php' },
    undefined,
    "broken: HTTP 302, which redirects to WordPress's installation",
  ],
  [{ status: 302, location: 'http://[' }, undefined, 'broken: HTTP 302, which redirects to nowhere'],
]

for (const [fields, expect, wanted] of PAGES) {
  test(`judgePage() of ${JSON.stringify(fields)}${expect === undefined ? '' : `, which should have ${expect}`}: ${wanted}`, () => {
    const { works, said } = judgePage(page(fields), OWN, expect)
    assert.equal(`${works ? 'works' : 'broken'}: ${said}`, wanted)
  })
}

test('judgePage() takes any redirect for an answer where no domain of the site is known', () => {
  assert.equal(judgePage(page({ status: 302, location: 'https://anywhere.example/' }), []).works, true)
})
