import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../core/wording.ts'
import { namesIn, removeFile, writeWhole } from '../host/whole-file.ts'
import type { Mail } from '../report/mail.ts'

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

const mails: z.ZodType<Mail> = z.object({
  from: z.string(),
  to: z.array(z.string()),
  messageId: z.string(),
  subject: z.string(),
  raw: z.string(),
})

/**
 * The mails that wait, oldest first: one file each, which only its owner can read, in a folder of the state. A mail is
 * written to it before the first try, and leaves it once a server has accepted it: whatever dies in between, it is not
 * lost.
 */
export class MailQueue {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Keeps a mail; gives those that had to go because more than `keep` wait. @throws when it cannot be written */
  add(mail: Mail, now: number, keep: number): readonly Mail[] {
    this.#write(`${String(now).padStart(13, '0')}-${randomBytes(4).toString('hex')}.json`, mail)
    const names = this.names()
    return names.slice(0, Math.max(0, names.length - keep)).flatMap(name => {
      const lost = this.#read(name) ?? []
      removeFile(join(this.#folder, name))
      return lost
    })
  }

  /** Tries each waiting mail once. The caller holds the queue's lock, so that none is sent twice. */
  async sendAll(
    send: Send,
  ): Promise<{ readonly sent: readonly Mail[]; readonly problems: readonly string[]; readonly waiting: number }> {
    const sent: Mail[] = []
    const problems: string[] = []
    for (const name of this.names()) {
      const mail = this.#read(name)
      if (!mail) {
        problems.push(`${join(this.#folder, name)} is damaged and was set aside as ${name}.bad`)
        renameSync(join(this.#folder, name), join(this.#folder, `${name}.bad`))
        continue
      }
      const { left, problem, hopeless } = await send(mail)
      if (left.length === 0) sent.push(mail)
      if (problem !== undefined) problems.push(problem)
      try {
        if (left.length === 0) removeFile(join(this.#folder, name))
        else if (left.length < mail.to.length) this.#write(name, { ...mail, to: left })
      } catch (error) {
        problems.push(`${messageOf(error)}, and "${mail.subject}" will be sent once more`)
        break
      }
      if (hopeless) break
    }
    return { sent, problems, waiting: this.names().length }
  }

  /** The names of the mails that wait. */
  names(): string[] {
    return namesIn(this.#folder).filter(name => /^\d{13}-[0-9a-f]{8}\.json$/.test(name))
  }

  #read(name: string): Mail | undefined {
    try {
      return mails.parse(JSON.parse(readFileSync(join(this.#folder, name), 'utf8')))
    } catch {
      return undefined
    }
  }

  #write(name: string, mail: Mail): void {
    writeWhole(join(this.#folder, name), JSON.stringify(mail))
  }
}
