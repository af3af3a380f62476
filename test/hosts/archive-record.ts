import type { Lab } from './lab.ts'

/** What had been backed up: every set that was complete, with the hash of each of its files, as the NAS has them. */
export class ArchiveRecord {
  #known = new Map<string, string>()

  /**
   * The files of complete sets that were there before and are no more, or are not what they were. Then remembers what there is now.
   * @param givenUp the files that were meant to go
   */
  async lost(lab: Pick<Lab, 'sh'>, givenUp?: RegExp): Promise<string[]> {
    const now = await completeSets(lab)
    const wanted = [...this.#known].filter(([file]) => !givenUp?.test(file))
    const lost = wanted.filter(([file, hash]) => now.get(file) !== hash).map(([file]) => file)
    this.#known = now
    return lost
  }

  get files(): number {
    return this.#known.size
  }
}

/** A set is complete when its manifest is there: duplicity writes it last. */
async function completeSets(lab: Pick<Lab, 'sh'>): Promise<Map<string, string>> {
  const script = "cd /srv/nas && find . -name 'duplicity-*' ! -path '*/pc/*' -type f -exec sha256sum {} +; true"
  const lines = (await lab.sh('nas', script)).split('\n').filter(line => line !== '')
  const files = lines.map(line => [line.slice(66), line.slice(0, 64)] as const)
  const setOf = (file: string): string => file.replace(/\.(vol\d+\.difftar|manifest|sigtar)\..*$/, '').replace('-signatures', '')
  const complete = new Set(files.filter(([file]) => file.includes('.manifest.')).map(([file]) => setOf(file)))
  return new Map(files.filter(([file]) => complete.has(setOf(file)) && !file.includes('.part')))
}
