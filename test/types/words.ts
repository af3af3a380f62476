/** What must not stand in a command, and what a fact cannot be. Read by `tsc --noEmit`; nothing runs it. */
import type { CommandRecord, Outcome } from '../../lib/core/outcome.ts'
import { Secret } from '../../lib/core/secret.ts'
import type { Shell } from '../../lib/engine/shell.ts'
import type { Needs } from '../../lib/store/facts.ts'

declare const shell: Shell
declare const maybe: string | undefined
declare const password: Secret
declare const map: Map<string, string>

export async function words(): Promise<void> {
  await shell.act`tar --create ${'a b'} ${7} ${['x', ['y', 1]]}`
  // @ts-expect-error undefined is no word
  await shell.act`rm --recursive ${undefined}`
  // @ts-expect-error nor what may be undefined
  await shell.act`rm --recursive ${maybe}`
  // @ts-expect-error nor a list with such a one in it
  await shell.act`rm ${['a', maybe]}`
  // @ts-expect-error nor null
  await shell.act`rm ${null}`
  // @ts-expect-error a secret is no word
  await shell.act`mariadb --password=${password}`
  // @ts-expect-error nor in a list
  await shell.act`mariadb ${['--user', password]}`
  // @ts-expect-error an object is no word
  await shell.act`echo ${{ a: 1 }}`
  // @ts-expect-error nor a collection
  await shell.act`echo ${map}`
  // @ts-expect-error nor a promise that was not awaited
  await shell.act`echo ${Promise.resolve('x')}`
  // @ts-expect-error nor a truth
  await shell.act`echo ${true}`
  // @ts-expect-error nor a moment
  await shell.act`echo ${new Date(0)}`
}

export async function verbs(): Promise<void> {
  // @ts-expect-error act returns nothing to read: that is what ask is for
  const text: string = await shell.act`ls`
  // @ts-expect-error ask needs to know what to make of the answer
  await shell.ask`ls`
  const size: number = await shell.ask(Number)`stat --format=%s ${'/'}`
  // @ts-expect-error what parse made of it is what ask gives
  const wrong: string = await shell.ask(Number)`stat --format=%s ${'/'}`
  // @ts-expect-error a change in this process needs words that describe it
  await shell.act(() => {})
  // @ts-expect-error a secret is no text: where its text is wanted, reveal() says so
  const plain: string = password
  void [text, size, wrong, plain]
}

export function records(outcome: Outcome, command: CommandRecord, facts: Needs<'host'>): void {
  // @ts-expect-error an outcome does not change
  outcome.status = 'done'
  // @ts-expect-error nor do its notes
  outcome.notes.push({ kind: 'info', text: '' })
  // @ts-expect-error nor a command's record
  command.ran = false
  // @ts-expect-error a fact that was not asked for is not there
  facts.archive
  // @ts-expect-error there is no fact of that name
  const unknown: Needs<'archvie'> | undefined = undefined
  void unknown
  // @ts-expect-error a secret is made of a text
  new Secret(7)
}
