import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** What a name server knows, by `NAME TYPE`: `blog.org A` is `['192.0.2.1']`. A name that it has nothing of does not exist. */
export type Zone = Record<string, readonly string[]>

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 2: 'NS', 5: 'CNAME', 6: 'SOA', 28: 'AAAA' }
const TTL = 3600

/** A name server on this machine (RFC 1035, UDP), which answers from a zone that a test may change. */
export async function startNameServer(zone: Zone) {
  const socket = createSocket('udp4')
  const asked: string[] = []
  let refuses = false
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = questionIn(query)
    asked.push(`${name} ${type}`)
    const exists = Object.keys(zone).some(key => key.startsWith(`${name} `))
    const target = zone[`${name} CNAME`]?.[0]
    const alias = type === 'CNAME' || target === undefined ? [] : [answer('CNAME', target)]
    const records = (zone[`${target ?? name} ${type}`] ?? []).map(value => answer(type, value))
    const answers = type === 'CNAME' ? (target === undefined ? [] : [answer('CNAME', target)]) : [...alias, ...records]
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(refuses ? 0x8585 : exists ? 0x8580 : 0x8583, 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(refuses ? 0 : answers.length, 6)
    socket.send(Buffer.concat([header, query.subarray(12, end), ...(refuses ? [] : answers)]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    refuseAll: (): void => {
      refuses = true
    },
    stop: (): void => void socket.close(),
  }
}

function questionIn(query: Buffer): { name: string; type: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), type: TYPES[query.readUInt16BE(at + 1)] ?? '?', end: at + 5 }
}

/** A record of the name that was asked for; of the alias where there is one before it, which resolvers accept. */
function answer(type: string, value: string): Buffer {
  const data = dataOf(type, value)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc00c, 0)
  head.writeUInt16BE(Number(Object.entries(TYPES).find(([, name]) => name === type)![0]), 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(TTL, 6)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function dataOf(type: string, value: string): Buffer {
  if (type === 'A') return Buffer.from(value.split('.').map(Number))
  if (type !== 'AAAA')
    return Buffer.concat([
      ...value.split('.').map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
      Buffer.from([0]),
    ])
  const [head = '', tail = ''] = value.split('::')
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16)))
  const [front, back] = [groups(head), groups(tail)]
  const all = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back]
  return Buffer.from(all.flatMap(group => [group >> 8, group & 0xff]))
}
