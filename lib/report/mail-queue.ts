import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { cannotWrite } from '../core/disk-trouble.ts'
import { messageOf } from '../core/wording.ts'
import type { Mail } from './mail.ts'

/** What became of a try to send. */
export interface Delivery {
  /** Who still has to get it: nobody when all was accepted. */
  readonly left: readonly string[]
  /** Why some have not got it. */
  readonly problem: string | undefined
  /** Whether the next mail of the queue can hardly fare better: the server itself is the problem. */
  readonly hopeless: boolean
}

/** Sends one mail. Never throws. */
export type Send = (mail: Mail) => Promise<Delivery>

export interface Sent {
  readonly sent: readonly Mail[]
  readonly problems: readonly string[]
  /** How many wait for the next run. */
  readonly waiting: number
}

const mails: z.ZodType<Mail> = z.object({
  from: z.string(),
  to: z.array(z.string()),
  messageId: z.string(),
  subject: z.string(),
  raw: z.string(),
})

const FORM = /^\d{13}-[0-9a-f]{8}\.json$/

/**
 * The mails that wait, oldest first: one file each, which only its owner can read, in a folder of the state. A mail
 * leaves it only once a server has accepted it, and is written to it before the first try: whatever dies in between, it
 * is not lost.
 */
export class MailQueue {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
    } catch {
      // whoever adds a mail hears of it
    }
  }

  /** Keeps a mail; gives those that had to go because more than `keep` wait. @throws when it cannot be written */
  add(mail: Mail, now: number, keep: number): readonly Mail[] {
    this.#write(`${String(now).padStart(13, '0')}-${randomBytes(4).toString('hex')}.json`, mail)
    const names = this.#names()
    return names.slice(0, Math.max(0, names.length - keep)).flatMap(name => this.#drop(name))
  }

  /** Tries each waiting mail once. The caller holds the queue's lock, so that none is sent twice. */
  async sendAll(send: Send): Promise<Sent> {
    const sent: Mail[] = []
    const problems: string[] = []
    for (const name of this.#names()) {
      const mail = this.#read(name)
      if (!mail) {
        problems.push(`${join(this.#folder, name)} is damaged and was set aside as ${name}.bad`)
        renameSync(join(this.#folder, name), join(this.#folder, `${name}.bad`))
        continue
      }
      const delivery = await send(mail)
      if (delivery.left.length === 0) sent.push(mail)
      if (delivery.problem !== undefined) problems.push(delivery.problem)
      try {
        if (delivery.left.length === 0) this.#drop(name)
        else if (delivery.left.length < mail.to.length) this.#write(name, { ...mail, to: delivery.left })
      } catch (error) {
        problems.push(`${messageOf(error)}, and "${mail.subject}" will be sent once more`)
        break
      }
      if (delivery.hopeless) break
    }
    return { sent, problems, waiting: this.#names().length }
  }

  #names(): string[] {
    if (!existsSync(this.#folder)) return []
    return readdirSync(this.#folder)
      .filter(name => FORM.test(name))
      .toSorted()
  }

  #read(name: string): Mail | undefined {
    try {
      return mails.parse(JSON.parse(readFileSync(join(this.#folder, name), 'utf8')))
    } catch {
      return undefined
    }
  }

  #drop(name: string): readonly Mail[] {
    const mail = this.#read(name)
    this.#change(() => unlinkSync(join(this.#folder, name)))
    return mail ? [mail] : []
  }

  #write(name: string, mail: Mail): void {
    const beside = join(this.#folder, `.${name}.${randomBytes(8).toString('hex')}.new`)
    this.#change(() => {
      try {
        writeFileSync(beside, JSON.stringify(mail), { mode: 0o600, flag: 'wx', flush: true })
        renameSync(beside, join(this.#folder, name))
      } catch (error) {
        if (existsSync(beside)) rmSync(beside, { force: true })
        throw error
      }
    })
  }

  #change(work: () => void): void {
    try {
      work()
    } catch (error) {
      throw cannotWrite(this.#folder, error)
    }
  }
}
