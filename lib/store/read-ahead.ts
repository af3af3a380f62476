import { type SentFiles, textOf } from './share-listing.ts'
import type { operationsIn } from './share-operations.ts'
import type { WrittenClaims } from './written-claims.ts'

type Looked = ReturnType<ReturnType<typeof operationsIn>['look']>

/**
 * What of a site's folder in the archive was read in one request with its listing: over a VPN, each request is a way
 * there and back. Each answer is for the first who asks: later ones may find something else there.
 */
export class ReadAhead {
  /** What said whose the site is, when it was looked last. */
  claims: WrittenClaims | undefined
  #list: SentFiles | undefined
  /** As they came: they are made texts when they are asked for. */
  readonly #fresh = new Map<string, Uint8Array | undefined>()
  readonly #last = new Map<string, Uint8Array | string | undefined>()

  /** Takes what was read: the files, whose the folder is, and some texts, null for one that is not there. */
  keep({ files, texts, claims }: NonNullable<Looked>): void {
    this.#list = files
    this.claims = claims ?? undefined
    for (const [name, text] of texts) {
      this.#fresh.set(name, text ?? undefined)
      this.#last.set(name, text ?? undefined)
    }
  }

  /** Whether the list of the folder is there, which nobody asked for yet. */
  get isListed(): boolean {
    return this.#list !== undefined
  }

  takeList(): SentFiles | undefined {
    const list = this.#list
    this.#list = undefined
    return list
  }

  /** The text of a file that nobody asked for yet. */
  take(name: string): { readonly text: string | undefined } | undefined {
    if (!this.#fresh.has(name)) return undefined
    const bytes = this.#fresh.get(name)
    this.#fresh.delete(name)
    return { text: bytes && textOf(bytes) }
  }

  /** What was last known of a file, which may be another by now. */
  lastOf(name: string): { readonly text: string | undefined } | undefined {
    const last = this.#last.get(name)
    return this.#last.has(name) ? { text: typeof last === 'object' ? textOf(last) : last } : undefined
  }

  /** A file was written. */
  wrote(name: string, text: string): void {
    this.forget(name)
    this.#last.set(name, text)
  }

  /** A file may be another now. */
  forget(name: string): void {
    this.#list = undefined
    for (const texts of [this.#fresh, this.#last]) texts.delete(name)
  }
}
