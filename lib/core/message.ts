/** What an error says to a person: its message, without the stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
