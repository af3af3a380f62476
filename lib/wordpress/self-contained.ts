/** White space, comments; strings without variables, whose text is in the group; names, variables, numbers, signs. */
const TOKEN =
  /(?:\s+|#(?!\[)[^\n\r]*|\/\/[^\n\r]*|\/\*[\s\S]*?\*\/)|'((?:[^'\\]|\\[\s\S])*)'|"((?:[^"\\$]|\\[^$])*)"|(\$?[A-Za-z_]\w*|\d+(?:\.\d+)?|[()[\]{};,.!=@-])/y

interface Token {
  /** As it is written; of a string a quote. */
  readonly text: string
  /** Of a string. */
  readonly value?: string
}

/** Undefined for whatever is not known: a heredoc, backticks, an operator. */
function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text)
    if (!found) return undefined
    const [, single, double, other] = found
    const value = single ?? double
    if (value !== undefined) tokens.push({ text: "'", value })
    else if (other !== undefined) tokens.push({ text: other })
  }
  return tokens
}

/** Constants by which WordPress could find its data elsewhere than in the database that it names. */
const OF_DATA = /^(?:WP_CONTENT_DIR|DB_DIR|DB_FILE|FQDB|FQDBDIR|DB_ENGINE)$/

/**
 * Whether what a `wp-config.php` defines stands in its own text, and nowhere else: it consists of constants and
 * variables that are set to what is written there, and of what begins WordPress. Whatever asks for more (a function, a
 * file, the environment, the request, the time) is not, nor is what this does not understand.
 */
export function isSelfContained(config: string): boolean {
  const php = /^\s*<\?php\s([\s\S]*?)(?:\?>\s*)?$/.exec(config)?.[1]
  const tokens = php === undefined || php.includes('?>') ? undefined : tokensOf(php)
  return tokens !== undefined && new Reader(tokens).isWhole()
}

const LITERAL = /^(?:'|\d.*|true|false|null)$/i
/** Where the file itself lies, and where WordPress does. */
const PLACE = /^(?:ABSPATH|__DIR__|__FILE__)$/

/** Reads statements one after the other. */
class Reader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  isWhole(): boolean {
    while (this.#at < this.#tokens.length) if (!this.#statement()) return false
    return true
  }

  #statement(): boolean {
    if (this.#take('@')) return this.#call('ini_set', false)
    if (/^require(?:_once)?$/i.test(this.#next.text)) return this.#beginsWordPress()
    if (/^if$/i.test(this.#next.text)) return this.#unlessDefined()
    if (/^define$/i.test(this.#next.text)) return this.#define()
    if (/^ini_set$/i.test(this.#next.text)) return this.#call('ini_set', false)
    // what is of the request, of all or of this object is no variable of its own
    if (!/^\$(?!_|GLOBALS$|this$)/.test(this.#next.text)) return false
    this.#at += 1
    return this.#take('=') && this.#value(false) && this.#take(';')
  }

  #define(): boolean {
    const name = this.#tokens[this.#at + 2]?.value ?? ''
    // a name is one of a namespace, and of no class: else it is another
    if (!/^\w+$/.test(name) || OF_DATA.test(name)) return false
    return this.#call('define', !name.startsWith('DB_'))
  }

  #call(name: string, mayBePlace: boolean): boolean {
    if (this.#next.text.toLowerCase() !== name) return false
    this.#at += 1
    return this.#take('(') && this.#take("'") && this.#take(',') && this.#value(mayBePlace) && this.#take(')') && this.#take(';')
  }

  #unlessDefined(): boolean {
    this.#at += 1
    const isAsked = ['(', '!', 'defined', '(', "'", ')', ')'].every(text => this.#take(text))
    if (!isAsked) return false
    if (!this.#take('{')) return this.#define()
    while (!this.#take('}')) if (!/^define$/i.test(this.#next.text) || !this.#define()) return false
    return true
  }

  #beginsWordPress(): boolean {
    this.#at += 1
    const hasBracket = this.#take('(')
    const isSettings = this.#take('ABSPATH') && this.#take('.') && /^\/?wp-settings\.php$/.test(this.#next.value ?? '')
    if (!isSettings) return false
    this.#at += 1
    return (!hasBracket || this.#take(')')) && this.#take(';')
  }

  /** Values with dots between them. */
  #value(mayBePlace: boolean): boolean {
    do {
      this.#take('-')
      const { text } = this.#next
      this.#at += 1
      if (mayBePlace && text === 'dirname') {
        if (!(this.#take('(') && this.#value(true) && this.#take(')'))) return false
      } else if (!LITERAL.test(text) && !(mayBePlace && PLACE.test(text))) return false
    } while (this.#take('.'))
    return true
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { text: '' }
  }

  #take(text: string): boolean {
    if (this.#next.text !== text) return false
    this.#at += 1
    return true
  }
}
