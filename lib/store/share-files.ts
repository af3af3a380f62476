import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { counted } from '../core/wording.ts'
import { lineOf } from '../engine/command.ts'
import type { Shell } from '../engine/shell.ts'
import type { ReadAhead } from './read-ahead.ts'
import { ShareFailure, unlessMissing } from './share-failure.ts'
import { receivedFiles, type ShareFile } from './share-listing.ts'
import type { SharePlace } from './share-place.ts'
import { askShareProcess, ShareTimedOut } from './share-process.ts'
import { transferredBy } from './share-traffic.ts'
import type { ShareOperations, ShareRequest } from './share-worker.ts'
import { type Held, hashOfClaims, NO_CLAIMS, type WrittenClaims } from './written-claims.ts'

/**
 * Reads and writes files on a share, in another process, which a dead server may hang. Others who write to the share
 * can shape what is there: no link is followed, no pipe waited for, and files are made exclusively. Each operation
 * proves first, in the very folder that it works in, that this is the archive still: of a share that went away the
 * folder underneath is left, empty and writable.
 */
export class ShareFiles {
  readonly #place: SharePlace
  readonly #shell: Shell
  readonly #folder: string
  readonly #ahead: ReadAhead | undefined

  /**
   * @param shell whose deadline for a look holds
   * @param folder in the archive's, which names are relative to
   * @param ahead what was read of it already
   */
  constructor(place: SharePlace, shell: Shell, folder = '.', ahead?: ReadAhead) {
    this.#place = place
    this.#shell = shell
    this.#folder = folder
    this.#ahead = ahead
  }

  /** The files of a folder in this one, such as a site's. */
  readonly of = (folder: string): ShareFiles => new ShareFiles(this.#place, this.#shell, join(this.#folder, folder))

  /** What the folder of the share is like, and the one around it; undefined where there is none. */
  readonly stat = () => this.#look(`look at ${lineOf([this.#place.base])}`, 'stat')

  /** The disk on which the folder of the archive is, or will be; undefined where it has no size. */
  readonly disk = () => this.#look(`look how much is free in ${lineOf([this.#place.base])}`, 'disk')

  /** The first bytes of a file as text; undefined where there is none. */
  async text(name: string, limit: number): Promise<string | undefined> {
    const known = this.#ahead?.take(name)
    return known ? known.text : await this.#look(`read ${this.pathOf(name)}`, 'read', this.#path(name), limit)
  }

  /** The files of the folder, undefined where there is none. */
  async list(): Promise<readonly ShareFile[] | undefined> {
    const found = this.#ahead?.takeList() ?? (await this.#look(`list ${this.pathOf('.')}`, 'list', this.#folder))
    return found && receivedFiles(found)
  }

  /** What {@link look} finds in each of these folders, less large texts; null where it cannot be looked into. */
  async looks(folders: readonly string[], limits: Readonly<Record<string, number>>) {
    const paths = folders.map(folder => this.#path(folder))
    return await this.#look(`list ${counted(paths.length, 'folder')} in ${this.pathOf('.')}`, 'looks', paths, limits)
  }

  /** SHA-256 of files as the server has them; null of one that has more bytes, or cannot be read. */
  async hashes(names: readonly string[], limit: number): Promise<readonly (string | null)[]> {
    return (await this.#look(`hash ${lineOf(names)} in ${this.pathOf('.')}`, 'hashes', this.#folder, names, limit)) ?? []
  }

  /**
   * Reads what will be asked for: the list of the folder, whose it is, and the first bytes of some of its files.
   * @param isNow whatever a client of the share remembers of the folder
   */
  async look(limits: Readonly<Record<string, number>>, isNow = false): Promise<void> {
    const description = `list ${this.pathOf('.')} and read ${Object.keys(limits).join(', ')}`
    const found = await this.#perhapsNow(isNow, description, 'look', this.#folder, limits)
    if (found) this.#ahead?.keep(found)
  }

  /** The files of the folder and whose it is, in one request; undefined where there is none. */
  async listAndClaims(): Promise<{ readonly files: readonly ShareFile[]; readonly claims: WrittenClaims } | undefined> {
    const [files, claims] = [this.#ahead?.takeList(), this.#ahead?.claims]
    if (files && claims) return { files: receivedFiles(files), claims }
    const found = await this.#look(`list ${this.pathOf('.')}`, 'look', this.#folder, {}, false)
    return found && { files: receivedFiles(found.files), claims: found.claims ?? NO_CLAIMS }
  }

  /**
   * What in the folder says whose it is.
   * @param isNow whatever a client of the share remembers of the folder
   */
  async claims(isNow = false): Promise<WrittenClaims> {
    const asking = this.#perhapsNow(isNow, `look whose ${this.pathOf('.')} is`, 'claims', this.#folder)
    // a dry run may be of an archive that it would begin
    const found = (await asking.catch(unlessMissing)) ?? NO_CLAIMS
    if (this.#ahead) this.#ahead.claims = found
    return found
  }

  /** The same as it was when it was looked last, now where nobody did. */
  async lastClaims(): Promise<WrittenClaims> {
    return this.#ahead?.claims ?? (await this.claims(true))
  }

  /** The same of each folder in the archive's. */
  async claimsBelow(): Promise<readonly (readonly [folder: string, claims: WrittenClaims])[]> {
    return await this.#look(`look whose the folders of ${this.#shown('.')} are`, 'claimsBelow')
  }

  /**
   * Writes a file whole, over one that holds what it is known to hold, or that is known not to be there; and removes
   * another. Where it holds something else, or where what says whose the folder is has changed, nothing changes.
   * @returns what is there then; undefined when it was written
   */
  async exchange(
    name: string,
    known: { readonly text: string | undefined; readonly claims?: WrittenClaims | undefined },
    limit: number,
    more: { readonly remove: string },
    text: string,
  ): Promise<{ readonly text: string | undefined; readonly claims?: WrittenClaims } | undefined> {
    const hash = known.text === undefined ? null : createHash('sha256').update(known.text).digest('hex')
    const expected = { hash, limit, claims: known.claims ? hashOfClaims(known.claims) : null }
    const answer = await this.#act(`write ${this.pathOf(name)}`, 'exchange', this.#path(name), expected, more.remove, text)
    if (answer?.claims && this.#ahead) this.#ahead.claims = answer.claims
    if (answer?.claims) return { ...known, claims: answer.claims }
    if (answer && !answer.isDone) return { text: answer.text ?? undefined }
    this.#ahead?.wrote(name, text)
    return undefined
  }

  /** What was last known of a file's text, if it is known, without asking. */
  lastOf(name: string): { readonly text: string | undefined } | undefined {
    return this.#ahead?.lastOf(name)
  }

  /** The names in the folder that begin so; none where there is none. */
  readonly names = (prefix: string) => this.#look(`list ${this.pathOf(`${prefix}*`)}`, 'names', this.#folder, prefix)

  /** The files of a folder in this one with their first bytes as text; none of one that is not there. */
  async held(folder: string): Promise<Held> {
    return await this.#look(`read ${this.pathOf(folder)}`, 'held', this.#path(folder))
  }

  /** Writes a file whole or not at all, over what is there. */
  async write(name: string, text: string): Promise<void> {
    this.#ahead?.forget(name)
    await this.#act(`write ${this.pathOf(name)}`, 'write', this.#path(name), text)
  }

  /** Makes a file; false, and nothing changes, where something has that name already. A dry run gives true. */
  async create(name: string, text = ''): Promise<boolean> {
    this.#ahead?.forget(name)
    return (await this.#act(`make the file ${this.pathOf(name)}`, 'create', this.#path(name), text)) ?? true
  }

  /** Makes a folder, unless it is there; never the one around it: the share may have gone away. */
  async makeFolder(name = ''): Promise<void> {
    await this.#act(`make the folder ${this.pathOf(name)}`, 'makeFolder', this.#path(name))
  }

  /**
   * Makes a folder with one file in it, so that it is never there without the file. Gives whether it could: not where
   * there is something of that name but an empty folder, nor where the share is full.
   */
  async makeFolderWith(folder: string, name: string, text: string): Promise<boolean> {
    const path = this.#path(folder)
    return (await this.#act(`make ${this.#shown(join(path, name))}`, 'makeFolderWith', path, name, text)) ?? true
  }

  /** Gives a file another name in its folder. Gives whether it could: of all that try, one. */
  async rename(name: string, to: string): Promise<boolean> {
    for (const each of [name, to]) this.#ahead?.forget(each)
    return (await this.#act(`rename ${this.pathOf(name)} to ${lineOf([to])}`, 'rename', this.#path(name), to)) ?? true
  }

  /** Removes a file or a link itself, if it is there. */
  async remove(name: string): Promise<void> {
    this.#ahead?.forget(name)
    await this.#act(`remove ${this.pathOf(name)}`, 'remove', this.#path(name))
  }

  /** Writes a file of a name that nobody can foresee, and gives what is read back. A dry run does too. */
  async writtenAndReadBack(prefix: string, text: string): Promise<string> {
    return await this.#look(`write ${this.#shown(`${prefix}*`)} and read it back`, 'writeAndReadBack', prefix, text)
  }

  readonly #path = (name: string): string => join(this.#folder, name)
  readonly #shown = (path: string): string => lineOf([join(this.#place.base, this.#place.way, path)])

  /** The whole path of a name, as people know it. */
  pathOf(name: string): string {
    return this.#shown(this.#path(name))
  }

  async #look<Name extends Operation>(description: string, operation: Name, ...args: Arguments<Name>): Promise<Answer<Name>> {
    return await this.#shell.look(description, () => this.#ask(description, operation, args))
  }

  /** The last argument of such an operation is whether a file is made first and removed, which a dry run does not. */
  async #perhapsNow<Name extends 'look' | 'claims'>(
    isNow: boolean,
    description: string,
    operation: Name,
    ...args: Arguments<Name> extends [...infer First, boolean] ? First : never
  ): Promise<Answer<Name>> {
    const asked = (now: boolean) => [...args, now] as unknown as Arguments<Name>
    const now = `make a file in ${this.pathOf('.')} and remove it, then ${description}`
    const found = isNow && (await this.#act(now, operation, ...asked(true)))
    return (found || (await this.#look(description, operation, ...asked(false)))) as Answer<Name>
  }

  async #act<Name extends Operation>(description: string, operation: Name, ...args: Arguments<Name>) {
    let answer: Answer<Name> | undefined
    await this.#shell.act(description, async () => {
      answer = await this.#ask(description, operation, args)
    })
    return answer
  }

  async #ask<Name extends Operation>(description: string, operation: Name, args: Arguments<Name>): Promise<Answer<Name>> {
    const request = { place: this.#place, operation, args } as ShareRequest
    const root = join(this.#place.base, this.#place.way)
    const { answer, failure } = await askShareProcess(request, this.#shell.patience, this.#shell.stop).catch(error => {
      if (!(error instanceof ShareTimedOut)) throw error
      throw new ShareFailure(`${root} ${error.message}: cannot ${description}`, 'ETIMEDOUT')
    })
    if (failure === undefined) {
      this.#shell.transferred(transferredBy(request, answer))
      return answer as Answer<Name>
    }
    if (failure.isGone) throw new ShareFailure(`the archive ${failure.message} ${root}: its share went away during the run`)
    throw new ShareFailure(failure.message, failure.code)
  }
}

type Operation = keyof ShareOperations
type Arguments<Name extends Operation> = Parameters<ShareOperations[Name]>
type Answer<Name extends Operation> = Awaited<ReturnType<ShareOperations[Name]>>

/** The files of a site's archive on its share; undefined at a URL. */
export function filesOfSite(
  site: { readonly folder: string | undefined; readonly place?: SharePlace; readonly ahead?: ReadAhead },
  shell: Shell,
): ShareFiles | undefined {
  const { folder, place, ahead } = site
  if (folder === undefined) return undefined
  return new ShareFiles(place ?? { base: dirname(folder), way: '' }, shell, basename(folder), ahead)
}
