import { readFileSync } from 'node:fs'
import type { Secret } from '../core/secret.ts'
import type { Mail } from '../report/mail.ts'
import type { Delivery, Send } from './mail-queue.ts'

/** How a mail server is reached. */
export interface SmtpServer {
  readonly host: string
  readonly port?: number | undefined
  readonly tls: 'implicit' | 'starttls' | 'none'
  /** File with the certificate of its own authority. */
  readonly ca?: string | undefined
  readonly user?: string | undefined
  readonly password?: Secret | undefined
  /** Seconds for a whole mail, and for the server to say anything at all. */
  readonly timeout: number
}

/** What nodemailer's errors tell besides their message. */
interface SmtpFailure extends Error {
  readonly responseCode?: number
  readonly command?: string
}

/** Sends mails over SMTP, a connection each. A server that fails or hangs, and a stop, are reported in the delivery. */
export function smtpSender(server: SmtpServer, stop: AbortSignal): Send {
  return async mail => {
    try {
      return await deliver(server, mail, stop)
    } catch (error) {
      const failure = error as SmtpFailure
      return {
        left: mail.to,
        problem: `"${mail.subject}" was not sent: ${reasonOf(failure, server)}`,
        hopeless: !isAboutTheMail(failure),
      }
    }
  }
}

async function deliver(server: SmtpServer, mail: Mail, stop: AbortSignal): Promise<Delivery> {
  const transport = await transportOf(server)
  stop.throwIfAborted()
  const late = Promise.withResolvers<never>()
  const onStop = (): void => late.reject(stop.reason)
  stop.addEventListener('abort', onStop)
  const timer = setTimeout(() => late.reject(new Error(`it took longer than ${server.timeout} s`)), server.timeout * 1000)
  const sending = transport.sendMail({ envelope: { from: mail.from, to: [...mail.to] }, raw: mail.raw })
  sending.catch(() => {}) // it may still fail after it is late
  try {
    const { rejected } = await Promise.race([sending, late.promise])
    const left = rejected.map(String)
    const problem = left.length === 0 ? undefined : `"${mail.subject}": ${server.host} did not take it for ${left.join(', ')}`
    return { left, problem, hopeless: false }
  } finally {
    clearTimeout(timer)
    stop.removeEventListener('abort', onStop)
    transport.close()
  }
}

async function transportOf({ host, port, tls, ca, user, password, timeout }: SmtpServer) {
  const { createTransport } = await import('nodemailer') // most runs have nothing to send
  const milliseconds = timeout * 1000
  return createTransport({
    host,
    port: port ?? (tls === 'implicit' ? 465 : 587),
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(ca === undefined ? {} : { tls: { ca: readFileSync(ca) } }),
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password.reveal() } }),
    connectionTimeout: milliseconds,
    greetingTimeout: milliseconds,
    socketTimeout: milliseconds,
    dnsTimeout: milliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

/** A refusal of this recipient or of this message says nothing of the next mail; all else does. */
function isAboutTheMail({ responseCode, command }: SmtpFailure): boolean {
  return responseCode !== undefined && /^(RCPT TO|DATA)$/.test(command ?? '')
}

function reasonOf(failure: SmtpFailure, { host, port }: SmtpServer): string {
  return `${host}${port === undefined ? '' : `:${port}`}: ${failure.message}`
}
