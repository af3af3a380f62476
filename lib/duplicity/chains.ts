import { type BackupSet, type Chain, type FileRef, type SignatureChain, setsOf, sumBytes } from '../core/collection.ts'
import { formatStamp } from './names.ts'
import type { NamedFile } from './sets.ts'

/** What became of the complete sets. */
export interface SortedSets {
  readonly chains: readonly Chain[]
  readonly orphaned: readonly BackupSet[]
  readonly superseded: readonly BackupSet[]
  /** The primary chain's last set, when its signatures are missing: duplicity counts it as incomplete. */
  readonly discarded: readonly BackupSet[]
  readonly primarySigned: boolean
}

type Draft = { full: BackupSet; incrementals: BackupSet[]; endAt: number }

/**
 * Links complete sets into chains, oldest first, as dup_collections.py does (get_backup_chains,
 * set_matched_chain_pair).
 */
export function chainsOf(complete: readonly BackupSet[], signatureChains: readonly SignatureChain[]): SortedSets {
  const drafts: Draft[] = []
  const orphaned: BackupSet[] = []
  const superseded: BackupSet[] = []
  for (const set of complete.toSorted((a, b) => a.time - b.time)) {
    if (set.kind === 'full') drafts.push({ full: set, incrementals: [], endAt: set.time })
    else if (!drafts.some(draft => addIncremental(draft, set, superseded))) orphaned.push(set)
  }
  drafts.sort((a, b) => a.endAt - b.endAt)
  const { primarySigned, discarded } = matchSignatures(drafts.at(-1), signatureChains)
  return { chains: drafts.map(finish), orphaned, superseded, discarded, primarySigned }
}

/** BackupChain.add_inc: of two incrementals on one base the later one counts, and the other is forgotten. */
function addIncremental(draft: Draft, set: BackupSet, superseded: BackupSet[]): boolean {
  const last = draft.incrementals.at(-1)
  const replaces = last !== undefined && set.baseTime === last.baseTime && set.time > last.time
  if (set.baseTime !== draft.endAt && !replaces) return false
  if (set.baseTime !== draft.endAt && last) superseded.push(...draft.incrementals.splice(-1))
  draft.incrementals.push(set)
  draft.endAt = set.time
  return true
}

/**
 * Whether signatures reach the end of the newest chain. When they end just one set before, duplicity discards that set;
 * but not the first incremental (it compares with the full's end, which it never sets).
 */
function matchSignatures(primary: Draft | undefined, signatureChains: readonly SignatureChain[]) {
  const before = primary?.incrementals.at(-2)
  const match = primary && signatureChains.findLast(({ endAt }) => endAt === primary.endAt || endAt === before?.time)
  const discarded = match && match.endAt !== primary.endAt ? primary.incrementals.splice(-1) : []
  return { primarySigned: match !== undefined, discarded: discarded.map(noteDiscarded) }
}

function noteDiscarded(set: BackupSet): BackupSet {
  return {
    ...set,
    problems: [
      ...set.problems,
      `incremental set of ${formatStamp(set.time)}: duplicity discards it, since its signatures are missing`,
    ],
  }
}

function finish({ full, incrementals }: Draft): Chain {
  const chain = { full, incrementals, startAt: full.time, endAt: incrementals.at(-1)?.time ?? full.time, bytes: 0 }
  return { ...chain, bytes: sumBytes(setsOf(chain)) }
}

/** Links signature files into chains (get_signature_chains), sorted by their ends. */
export function signatureChainsOf(files: readonly NamedFile[]): {
  signatureChains: SignatureChain[]
  orphanedSignatures: FileRef[]
} {
  const signatures = files.filter(file => file.parts.role === 'signatures')
  const chains = signatures.filter(file => file.parts.kind === 'full').map(startSignatures)
  const orphanedSignatures: FileRef[] = []
  const added = signatures.filter(file => file.parts.kind === 'incremental')
  for (const { parts, ref } of added.toSorted((a, b) => a.parts.baseTime! - b.parts.baseTime!)) {
    const chain = chains.find(candidate => candidate.endAt === parts.baseTime)
    if (!chain) orphanedSignatures.push(ref)
    else {
      chain.incrementals.push(ref)
      chain.endAt = parts.time
    }
  }
  return { signatureChains: chains.toSorted((a, b) => a.endAt - b.endAt), orphanedSignatures }
}

function startSignatures({ parts, ref }: NamedFile): SignatureChain & { incrementals: FileRef[]; endAt: number } {
  return { full: ref, incrementals: [], startAt: parts.time, endAt: parts.time }
}
