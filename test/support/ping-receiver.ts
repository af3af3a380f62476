import { createServer } from 'node:http'

/** A receiver of pings: what it got, and what it answers. */
export interface PingReceiver extends AsyncDisposable {
  readonly url: string
  readonly got: { readonly path: string; readonly body: string }[]
}

/** Answers with these status codes one after the other, then with 200; never at all for 0. */
export async function startPingReceiver(answers: readonly number[] = []): Promise<PingReceiver> {
  const got: { path: string; body: string }[] = []
  const left = [...answers]
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    got.push({ path: request.url ?? '', body })
    const status = left.shift() ?? 200
    if (status > 0) response.writeHead(status).end('OK')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}/check-uuid?rid=1`, got, [Symbol.asyncDispose]: close }
}
