import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { startAsNobody } from './nobody.ts'

/**
 * What a site's user can run on a port of its own: it passes whoever comes on to the real server (`pass`), or lets everybody in, says of itself what the real server says of itself, and
 * answers all other statements with nothing (`lie`). It tells on its output who logs in.
 */
const PROGRAM = String.raw`
const net = require('node:net')
const { execFileSync } = require('node:child_process')
const [mode, socket, user, password] = process.argv.slice(1)
const told = name => process.stdout.write('login ' + name + '\n')
const nameIn = packet => packet.subarray(36, packet.indexOf(0, 36)).toString()

function pass(client) {
  const real = net.connect(socket)
  let isFirst = true
  client.on('data', data => { if (isFirst) told(nameIn(data)); isFirst = false })
  client.pipe(real)
  // without TLS, which the greeting of newer servers offers, it can read who comes
  real.once('data', greeting => {
    greeting[greeting.indexOf(0, 5) + 15] &= ~8
    client.write(greeting)
    real.pipe(client)
  })
  for (const each of [client, real]) each.on('error', () => { client.destroy(); real.destroy() })
}

const packet = (number, body) => Buffer.concat([Buffer.from([body.length & 255, body.length >> 8, body.length >> 16, number]), body])
const text = value => { const bytes = Buffer.from(value); return Buffer.concat([Buffer.from([bytes.length]), bytes]) }
const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0])
const EOF = Buffer.from([0xfe, 0, 0, 2, 0])
const column = name => Buffer.concat([text('def'), text(''), text(''), text(''), text(name), text(''), Buffer.from([12, 45, 0, 255, 255, 0, 0, 253, 0, 0, 0, 0, 0])])
const table = rows => [Buffer.from([2]), column('a'), column('b'), EOF, ...rows.map(row => Buffer.concat(row.map(text))), EOF].map((body, index) => packet(index + 1, body))

function lie(client) {
  const salt = 'abcdefgh'
  client.write(packet(0, Buffer.concat([Buffer.from([10]), Buffer.from('5.5.5-10.11.6-MariaDB\0'), Buffer.from([1, 0, 0, 0]), Buffer.from(salt + '\0'),
    Buffer.from([0xff, 0xf7, 45, 2, 0, 0xff, 0x81, 21]), Buffer.alloc(10), Buffer.from('abcdefghijkl\0mysql_native_password\0')])))
  let isIn = false
  client.on('error', () => {})
  client.on('data', data => {
    if (!isIn) { isIn = true; told(nameIn(data)); return client.write(packet(2, OK)) }
    const query = data.subarray(5).toString()
    if (data[4] === 1) return client.end()
    if (!/^SHOW GLOBAL VARIABLES/.test(query)) return client.write(packet(1, OK))
    const words = ['--no-defaults', '--socket=' + socket, '--user=' + user, '--batch', '--skip-column-names']
    const said = execFileSync('mariadb', words, { input: query, env: { PATH: process.env.PATH, MYSQL_PWD: password }, encoding: 'utf8' })
    client.write(Buffer.concat(table(said.trim().split('\n').map(line => line.split('\t')))))
  })
}

const server = net.createServer(mode === 'pass' ? pass : lie).listen(0, '127.0.0.1', () => process.stdout.write('port ' + server.address().port + '\n'))
process.stdin.on('data', () => {}).on('end', () => process.exit())
`

/** One at work. */
export interface FakeDatabase extends AsyncDisposable {
  readonly port: number
  /** The accounts that logged in so far. */
  readonly logins: () => readonly string[]
  readonly child: ChildProcess
}

/** Starts one, as the user of no site. `account` is the attacker's own on the real server. */
export async function startFakeDatabase(
  mode: 'pass' | 'lie',
  socket: string,
  account: { readonly user: string; readonly password: string },
): Promise<FakeDatabase> {
  const child = startAsNobody(PROGRAM, [mode, socket, account.user, account.password])
  let said = ''
  child.stdout.on('data', (data: Buffer) => {
    said += data
  })
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  const port = Number(/^port (\d+)/.exec(said)?.[1])
  if (!port) throw new Error('the fake database server did not start')
  return {
    port,
    logins: () => said.match(/(?<=^login ).*$/gm) ?? [],
    child,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}
