import type { Collection, FileRef } from '../core/collection.ts'
import { collectionOf } from './listing.ts'
import { parseLog, type Stanza } from './log.ts'

/** The message that names every file of the archive, at verbosity 9 (get_backup_chains in dup_collections.py). */
const FILE_LIST = /^Extracting backup chains from list of files: \[(.*)\]$/s

const STATUS_CODE = 3

/**
 * The collection of an archive at a URL, from the log of `collection-status` at verbosity 9: without sizes and times.
 * @throws when the log names no files, or duplicity counts other chains and sets than we do
 */
export function collectionFromStatus(log: string, prefix?: string): Collection {
  const stanzas = parseLog(log)
  const list = stanzas.map(stanza => FILE_LIST.exec(stanza.text)?.[1]).findLast(text => text !== undefined)
  const status = stanzas.findLast(stanza => stanza.keyword === 'INFO' && stanza.code === STATUS_CODE)
  if (list === undefined || !status) throw new Error('duplicity collection-status did not name the files of the archive')
  const collection = collectionOf(refsIn(list), prefix)
  const [counted, ours] = [countsIn(status), countsOf(collection)]
  if (counted !== ours) throw new Error(`duplicity counts ${counted} in the archive, its list of files holds ${ours}`)
  return collection
}

function refsIn(list: string): FileRef[] {
  return [...list.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gs)].map(([, single, double]) => ({
    name: (single ?? double ?? '').replace(/\\(['"\\])/g, '$1'),
    bytes: undefined,
  }))
}

/** Chains and incrementals, but not fulls: duplicity prints none without volumes, which Python takes for no set. */
function countsIn({ text }: Stanza): string {
  const lines = text.split('\n')
  const count = (start: RegExp): number => lines.filter(line => start.test(line)).length
  return sentence(count(/^chain-(complete|no-sig)/), count(/^ ?inc \d{8}T/))
}

function countsOf({ chains }: Collection): string {
  return sentence(
    chains.length,
    chains.reduce((sum, chain) => sum + chain.incrementals.length, 0),
  )
}

const sentence = (chains: number, incrementals: number): string => `${chains} chains with ${incrementals} incrementals`
