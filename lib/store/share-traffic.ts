import type { Transferred } from '../core/outcome.ts'
import type { ShareOperations, ShareRequest } from './share-worker.ts'

type Answer<Name extends keyof ShareOperations> = ReturnType<ShareOperations[Name]>

/**
 * What a request read from the share and wrote to it, in bytes. What a file holds is its last argument, or the answer.
 */
export function transferredBy({ operation, args }: ShareRequest, answer: unknown): Partial<Transferred> {
  const bytesOf = (text: unknown): number => (typeof text === 'string' ? Buffer.byteLength(text) : 0)
  if (operation === 'read') return { read: bytesOf(answer) }
  if (operation === 'look') {
    const { texts = [] } = (answer as Answer<'look'>) ?? {}
    return { read: texts.reduce((sum, [, text]) => sum + (text?.length ?? 0), 0) }
  }
  if (operation === 'exchange') {
    const { isDone, read } = answer as Answer<'exchange'>
    return { read, written: isDone ? bytesOf(args.at(-1)) : 0 }
  }
  const isWritten = ['write', 'create', 'makeFolderWith', 'writeAndReadBack'].includes(operation) && answer !== false
  return { read: 0, written: isWritten ? bytesOf(args.at(-1)) : 0 }
}
