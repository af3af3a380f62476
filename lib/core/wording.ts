/** A number of things: `1 chain`, `2 chains`. */
export const counted = (count: number, thing: string, things = `${thing}s`): string => `${count} ${count === 1 ? thing : things}`
/** How many of a list are told in one line. */
const SHOWN = 3

/** The first of a list that may be long, in one line, and how many more there are. */
export function listed(items: readonly string[]): string {
  const rest = items.length - SHOWN
  return [...items.slice(0, SHOWN), ...(rest > 0 ? [`${rest} more`] : [])].join('; ')
}
