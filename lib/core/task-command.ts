/** Where task commands are typed: Holdfast's folder, and options for an unusual host, inventory or secrets. */
export interface CommandPlace {
  readonly folder: string
  readonly words: readonly string[]
}

/** A command that runs a task, as a person types it into any shell. The one place that makes them: each has to work. */
export function taskCommand(place: CommandPlace | undefined, task: string, ...options: readonly string[]): string {
  const command = `npx zx ${[`tasks/${task}.ts`, ...options, ...(place?.words ?? [])].map(shellWord).join(' ')}`
  return place === undefined ? command : `cd ${shellWord(place.folder)} && ${command}`
}

/** A word as any shell of the family of sh reads it. */
export const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
