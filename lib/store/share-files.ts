import { basename, dirname, join } from 'node:path'
import { lineOf } from '../engine/command.ts'
import type { Shell } from '../engine/shell.ts'
import { askShareProcess, ShareTimedOut } from './share-process.ts'
import type { ShareAnswers, ShareFile, SharePlace, ShareWork } from './share-work.ts'

/** Something on a share that could not be read or written, with the kernel's code where there is one. */
export class ShareFailure extends Error {
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}

/**
 * Reads and writes files on a share, in another process, which a dead server may hang. Whoever else can write to the
 * share can shape what is there: no link is followed, no pipe waited for, and files are made exclusively. Where the
 * archive's identity is known, each piece of work proves first, in the very folder that it then works in, that this is
 * the archive still: a share can go away in the middle of a run, and what is left is the folder underneath, empty and
 * writable.
 */
export class ShareFiles {
  readonly #place: SharePlace
  readonly #shell: Shell
  readonly #folder: string

  /**
   * @param shell whose deadline for a look holds, or its timeout
   * @param folder in the archive's, to which all names are relative
   */
  constructor(place: SharePlace, shell: Shell, folder = '.') {
    this.#place = place
    this.#shell = shell
    this.#folder = folder
  }

  /** The files of a folder in this one, such as a site's. */
  of(folder: string): ShareFiles {
    return new ShareFiles(this.#place, this.#shell, join(this.#folder, folder))
  }

  /** What the folder of the share is like, and the one around it; undefined where there is none. */
  async stat() {
    return (await this.#look(`look at ${lineOf([this.#place.base])}`, { do: 'stat' })) ?? undefined
  }

  /** The first bytes of a file as text; undefined where there is none. */
  async text(name: string, limit: number): Promise<string | undefined> {
    const path = this.#path(name)
    return (await this.#look(`read ${this.#told(path)}`, { do: 'read', path, limit })) ?? undefined
  }

  /** The files of the folder, undefined where there is none. */
  async list(): Promise<readonly ShareFile[] | undefined> {
    const path = this.#folder
    return (await this.#look(`list ${this.#told(path)}`, { do: 'list', path })) ?? undefined
  }

  /** The names in the folder that begin so; none where there is none. */
  async names(prefix: string): Promise<readonly string[]> {
    const path = this.#folder
    return await this.#look(`list ${this.#told(`${path}/${prefix}*`)}`, { do: 'names', path, prefix })
  }

  /** Of each folder in the archive's, the names in it that begin so. */
  async namesBelow(prefix: string): Promise<ReadonlyMap<string, readonly string[]>> {
    return new Map(await this.#look(`list ${this.#told(`*/${prefix}*`)}`, { do: 'names-below', prefix }))
  }

  /** Writes a file whole or not at all, over what is there. */
  async write(name: string, text: string): Promise<void> {
    const path = this.#path(name)
    await this.#act(`write ${this.#told(path)}`, { do: 'write', path, text })
  }

  /**
   * Makes a file; gives false, and changes nothing, where there is something of that name already. A dry run gives
   * true.
   */
  async create(name: string, text = ''): Promise<boolean> {
    const path = this.#path(name)
    return (await this.#act(`make the file ${this.#told(path)}`, { do: 'create', path, text })) ?? true
  }

  /**
   * Makes a folder, unless it is there; never the one around it: should the share go away this very moment, there is
   * nothing underneath to make it in.
   */
  async makeFolder(name = ''): Promise<void> {
    const path = this.#path(name)
    await this.#act(`make the folder ${this.#told(path)}`, { do: 'make-folder', path })
  }

  /**
   * Makes a folder with one file in it, beside and renamed, so that it is never there without the file. Gives whether
   * it could: not where there is something of that name already but an empty folder, nor where the share is full.
   */
  async makeFolderWith(folder: string, name: string, text: string): Promise<boolean> {
    const path = this.#path(folder)
    return (await this.#act(`make ${this.#told(join(path, name))}`, { do: 'make-folder-with', path, name, text })) ?? true
  }

  /** Gives a file another name in its folder. Gives whether it could: of all that try, one. */
  async rename(name: string, to: string): Promise<boolean> {
    const path = this.#path(name)
    return (await this.#act(`rename ${this.#told(path)} to ${lineOf([to])}`, { do: 'rename', path, to })) ?? true
  }

  /** Removes a file or a link itself, if it is there. */
  async remove(name: string): Promise<void> {
    const path = this.#path(name)
    await this.#act(`remove ${this.#told(path)}`, { do: 'remove', path })
  }

  /**
   * Writes a text into a file of a name that nobody can foresee, and gives what is read back. In a dry run too: it is
   * the only way to know.
   */
  async writtenAndReadBack(prefix: string, text: string): Promise<string> {
    const description = `write ${this.#told(`${prefix}*`)} and read it back`
    return await this.#look(description, { do: 'prove-writable', prefix, text })
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }

  /** The whole path of a name, as people know it. */
  told(name: string): string {
    return this.#told(this.#path(name))
  }

  #told(path: string): string {
    return lineOf([join(this.#place.base, this.#place.way, path)])
  }

  async #look<Work extends ShareWork>(description: string, work: Work): Promise<ShareAnswers[Work['do']]> {
    return await this.#shell.look(description, () => this.#ask(description, work))
  }

  async #act<Work extends ShareWork>(description: string, work: Work): Promise<ShareAnswers[Work['do']] | undefined> {
    let answer: ShareAnswers[Work['do']] | undefined
    await this.#shell.act(description, async () => {
      answer = await this.#ask(description, work)
    })
    return answer
  }

  async #ask<Work extends ShareWork>(description: string, work: Work): Promise<ShareAnswers[Work['do']]> {
    const place = this.#place
    const root = join(place.base, place.way)
    const reply = await askShareProcess({ place, work }, this.#shell.patience, this.#shell.stop).catch(error => {
      throw error instanceof ShareTimedOut
        ? new ShareFailure(`${root} ${error.message}: cannot ${description}`, 'ETIMEDOUT')
        : error
    })
    if ('answer' in reply) return reply.answer as ShareAnswers[Work['do']]
    const { message, code, isGone } = reply.failure
    throw isGone
      ? new ShareFailure(`the archive ${message} ${root}: its share went away during the run`)
      : new ShareFailure(message, code)
  }
}

/** The files of a site's archive on its share; undefined at a URL. */
export function filesOfSite(
  site: { readonly folder: string | undefined; readonly place?: SharePlace },
  shell: Shell,
): ShareFiles | undefined {
  const { folder, place } = site
  if (folder === undefined) return undefined
  return new ShareFiles(place ?? { base: dirname(folder), way: '' }, shell).of(basename(folder))
}

/** Turns a folder or a file that is not there into undefined. @throws any other failure */
export function unlessMissing(error: unknown): undefined {
  if (error instanceof ShareFailure && error.code === 'ENOENT') return undefined
  throw error
}
