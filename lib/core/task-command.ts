/**
 * Where a person types the commands of tasks: Holdfast's own folder, and the words that name host, inventory and
 * secrets, where they are not the usual ones.
 */
export interface CommandPlace {
  readonly folder: string
  readonly words: readonly string[]
}

/**
 * A command that runs a task, as a person types it into any shell. The one place where such a command is made: each has
 * to work as it stands.
 */
export function taskCommand(place: CommandPlace | undefined, task: string, ...options: readonly string[]): string {
  const command = `npx zx ${[`tasks/${task}.ts`, ...options, ...(place?.words ?? [])].map(shellWord).join(' ')}`
  return place === undefined ? command : `cd ${shellWord(place.folder)} && ${command}`
}

/** A word as any shell of the family of sh reads it. */
export const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
