import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { html, joined, trusted } from '../../lib/core/markup.ts'

const NAMES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }
const asShown = (text: string): string => text.replace(/&(?:amp|lt|gt|quot|#39);/g, name => NAMES[name]!)

test('html`` shows any text as it is, in text and in attributes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const [, attribute, content] = /^<b title="([^"]*)">([^<]*)<\/b>$/.exec(`${html`<b title="${text}">${text}</b>`}`)!
      assert.deepEqual([asShown(attribute!), asShown(content!)], [text, text])
    }),
  )
})

test('html`` keeps markup, joins lists, and writes nothing for what is not there', () => {
  const cells = ['<a>', 2].map(cell => html`<td>${cell}</td>`)
  assert.equal(`${html`<tr>${cells}${undefined}${false}</tr>`}`, '<tr><td>&lt;a&gt;</td><td>2</td></tr>')
  assert.equal(`${joined(['a&b', html`<i>c</i>`], '<br>')}${trusted('<hr>')}`, 'a&amp;b<br><i>c</i><hr>')
})
