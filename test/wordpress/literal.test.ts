import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readWpConfig, WpConfigError } from '../../lib/wordpress/config.ts'
import { CASES } from './cases.ts'

const world = { getenv: () => undefined, include: () => undefined, domains: [] }
const passwordOf = (expression: string): string =>
  readWpConfig(
    `<?php define('DB_NAME', 'n'); define('DB_USER', 'u'); define('DB_HOST', 'h'); define('DB_PASSWORD', ${expression});`,
    '/site/wp-config.php',
    world,
  ).password.reveal()

/** Any characters, and often the ones that PHP's quoting turns on; U+FFFD is what undecodable bytes become, and refused. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom('\\', "'", '"', '$', '{$', '\n', '\r\n', '\0', '<?', '?>', '${', '0', 'x41', 'é', '//', '/*'),
    ),
  )
  .map(parts => parts.join('').replaceAll('\ufffd', ''))

const single = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
const double = (text: string): string => `"${text.replace(/[\\"$]/g, '\\$&')}"`
const bytes = (text: string): string =>
  `"${[...Buffer.from(text)].map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`
const octal = (text: string): string =>
  `"${[...Buffer.from(text)].map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`
const points = (text: string): string =>
  `"${[...text].map(character => `\\u{${character.codePointAt(0)!.toString(16)}}`).join('')}"`

for (const [name, quote] of Object.entries({ single, double, bytes, octal, points }))
  test(`readWpConfig() reads back every text written with ${name}`, () => {
    fc.assert(fc.property(anyText, text => assert.equal(passwordOf(quote(text)), text)))
  })

test('readWpConfig() reads back every text in a nowdoc', () => {
  // PHP ends a line at \r\n too: a \r that comes last belongs to the line break before the end
  const meant = (text: string): string => text.replace(/\r$/, '')
  fc.assert(fc.property(anyText, text => assert.equal(passwordOf(`<<<'END_OF_IT'\n${text}\nEND_OF_IT`), meant(text))))
  assert.equal(passwordOf("<<<'END_OF_IT'\n\r\nEND_OF_IT"), '')
})

const refusesCleanly = (source: string): void => {
  try {
    readWpConfig(source, '/site/wp-config.php', {
      ...world,
      getenv: name => (name.length % 2 ? 's3cret' : undefined),
      include: path => (path.includes('x') ? '<?php return 1;' : undefined),
    })
  } catch (error) {
    assert.ok(error instanceof WpConfigError, (error as Error).stack)
  }
}

test('readWpConfig() throws nothing but WpConfigError on any text', () => {
  fc.assert(
    fc.property(anyText, text => refusesCleanly('<?php ' + text)),
    { numRuns: 500 },
  )
})

const TOKENS =
  `define ( ) { } ; , . 'DB_NAME' 'x' "a$b" $a $_SERVER [ ] => = == ?: ?? ? : if else foreach switch case default break try catch function return const
  include require_once __DIR__ 1 ! && || isset empty list static class new -> :: fn use global unset exit eval <<<A ?> <?php goto match namespace`.split(
    /\s+/,
  )

test('readWpConfig() throws nothing but WpConfigError on any sequence of tokens', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...TOKENS), { maxLength: 30 }), tokens => refusesCleanly('<?php ' + tokens.join(' '))),
    { numRuns: 3000 },
  )
})

test('readWpConfig() throws nothing but WpConfigError on a configuration with a part cut out, doubled or replaced', () => {
  const whole = fc.constantFrom(...CASES.map(({ body }) => '<?php ' + body))
  const mutation = fc.record({
    whole,
    from: fc.nat(2000),
    length: fc.nat(40),
    insert: fc.oneof(anyText, fc.constantFrom(...TOKENS)),
  })
  const mutate = ({
    whole: text,
    from,
    length,
    insert,
  }: {
    whole: string
    from: number
    length: number
    insert: string
  }): string => {
    const at = from % text.length
    return text.slice(0, at) + insert + text.slice(at + length)
  }
  fc.assert(
    fc.property(mutation, input => refusesCleanly(mutate(input))),
    { numRuns: 3000 },
  )
})

test('readWpConfig() refuses a function of texts that lacks an argument, as PHP does', () => {
  const start = "<?php define('DB_NAME', 'n'); define('DB_USER', 'u'); define('DB_HOST', 'h'); "
  for (const call of [
    "preg_replace('/a/', 'b')",
    "str_contains('undefined')",
    "strpos('undefined')",
    "str_replace('a', 'b')",
    'trim()',
  ])
    assert.throws(
      () => readWpConfig(`${start}define('DB_PASSWORD', 'x' . ${call});`, '/site/wp-config.php', world),
      WpConfigError,
      call,
    )
})
