import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'

/** How a mail server of the tests behaves. */
export interface Manners {
  readonly tls?: 'implicit' | 'starttls' | 'none'
  readonly login?: { readonly user: string; readonly password: string }
  /** Recipients that it takes nothing for, with the code of its refusal. */
  readonly refuses?: Readonly<Record<string, number>>
  /** Goes away in the middle of a message, or after its last line without a word. */
  readonly leaves?: 'in the message' | 'after the message'
}

export interface MailServer extends AsyncDisposable {
  readonly port: number
  /** The messages that it took in, as they came. */
  readonly received: {
    readonly to: readonly string[]
    readonly text: string
    readonly secure: boolean
    readonly user: string | undefined
  }[]
}

/** A certificate for 127.0.0.1 and localhost that nobody has signed. */
export interface Certificate extends Disposable {
  readonly key: Buffer
  readonly cert: Buffer
  readonly file: string
}

export function selfSigned(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-cert-'))
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const about = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2']
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', file, ...about], {
    stdio: 'ignore',
  })
  const read = { key: readFileSync(key), cert: readFileSync(file) }
  return { ...read, file, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

/** A real SMTP server on a free port of 127.0.0.1. */
export async function startMailServer(manners: Manners, certificate?: Certificate): Promise<MailServer> {
  const { tls = 'none', login, refuses = {}, leaves } = manners
  const received: MailServer['received'] = []
  const sockets = new Set<Socket>()
  const leave = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const server = new SMTPServer({
    secure: tls === 'implicit',
    ...(certificate ? { key: certificate.key, cert: certificate.cert } : {}),
    hideSTARTTLS: tls !== 'starttls',
    authOptional: login === undefined,
    disabledCommands: [...(login === undefined ? ['AUTH'] : []), ...(tls === 'none' ? ['STARTTLS'] : [])],
    allowInsecureAuth: false,
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) => {
      if (username === login?.user && password === login?.password) done(null, { user: username })
      else done(Object.assign(new Error(`Invalid login of ${username}`), { responseCode: 535 }))
    },
    onRcptTo: ({ address }, _session, done) => {
      const code = refuses[address]
      done(code === undefined ? null : Object.assign(new Error('not here'), { responseCode: code }))
    },
    onData: (stream, session, done) => {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => {
        pieces.push(piece)
        if (leaves === 'in the message') leave()
      })
      stream.on('end', () => {
        if (leaves === 'in the message') return
        const to = session.envelope.rcptTo.map(({ address }) => address)
        received.push({ to, text: Buffer.concat(pieces).toString('latin1'), secure: session.secure, user: session.user })
        if (leaves === 'after the message') leave()
        else done()
      })
    },
  })
  server.on('error', () => {}) // clients that give up are what some tests are about
  server.server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    leave()
    await new Promise<void>(resolve => server.close(() => resolve()))
  }
  return { port: (server.server.address() as { port: number }).port, received, [Symbol.asyncDispose]: close }
}

/** A server that takes connections and never says a word, or says just one thing. */
export async function startSilentServer(word = ''): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    if (word !== '') socket.write(word)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  }
  return { port: (server.address() as { port: number }).port, [Symbol.asyncDispose]: close }
}

/** The header of a message, unfolded, and its parts, decoded: enough for what nodemailer composes. The picture is the one that the HTML shows. */
export function openMail(text: string): {
  header: (name: string) => string | undefined
  plain: string
  html: string
  picture: { readonly id: string; readonly png: Buffer } | undefined
} {
  const header = (name: string): string | undefined => {
    const value = headerOf(text, name)
    return value === undefined ? undefined : decodeWords(value)
  }
  const parts = partsOf(text)
  const part = (type: string): string | undefined => parts.find(each => headerOf(each, 'Content-Type')?.startsWith(type))
  const [plain, html, picture] = [part('text/plain'), part('text/html'), part('image/png')]
  const id = picture && headerOf(picture, 'Content-Id')!.slice(1, -1)
  return {
    header,
    plain: plain === undefined ? '' : decodePart(plain).toString(),
    html: html === undefined ? '' : decodePart(html).toString(),
    picture: picture && id !== undefined ? { id, png: decodePart(picture) } : undefined,
  }
}

/** The parts of a message or of a part, those within parts too. */
function partsOf(text: string): string[] {
  const boundary = /boundary="([^"]+)"/.exec(headerOf(text, 'Content-Type') ?? '')?.[1]
  if (boundary === undefined) return [text]
  return text
    .split(`--${boundary}`)
    .slice(1, -1)
    .flatMap(part => partsOf(part.replace(/^\r\n/, '')))
}

function headerOf(text: string, name: string): string | undefined {
  const head = text.slice(0, text.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ')
  return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]
}

function decodePart(part: string): Buffer {
  const body = part.slice(part.indexOf('\r\n\r\n') + 4)
  const encoding = headerOf(part, 'Content-Transfer-Encoding') ?? ''
  if (/base64/i.test(encoding)) return Buffer.from(body, 'base64')
  const text = Buffer.from(/quoted-printable/i.test(encoding) ? unquote(body) : body, 'latin1').toString()
  return Buffer.from(text.replaceAll('\r\n', '\n').replace(/\n$/, ''))
}

const unquote = (text: string): string =>
  text.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

function decodeWords(value: string): string {
  const joined = value.replace(/\?=\s+=\?/g, '?==?')
  return joined.replace(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi, (_, kind: string, text: string) =>
    kind.toUpperCase() === 'B'
      ? Buffer.from(text, 'base64').toString()
      : Buffer.from(unquote(text.replaceAll('_', ' ')), 'latin1').toString(),
  )
}
