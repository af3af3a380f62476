import { beginShareProcess } from './store/share-process.ts'

/**
 * What a task of every night imports before all else: the process that works on shares takes as long to begin as the
 * task itself, so that they begin side by side.
 */
beginShareProcess()
