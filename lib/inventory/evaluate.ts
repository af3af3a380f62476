import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { messageOf } from '../core/wording.ts'
import { fieldsGivenTwice } from './given-twice.ts'

/** Seconds that an inventory may take: it is data. */
const PATIENCE = 10

/** Runs in the thread: what the file gives, or why it gives nothing. */
const CODE = `
const { parentPort, workerData } = require('node:worker_threads')
const say = told => { try { parentPort.postMessage(told) } catch (error) { parentPort.postMessage({ error: String(error) }) } }
import(workerData).then(module => say({ fields: module.default }), error => say({ error: error?.message ?? String(error) }))
`

type Told = { readonly fields: unknown } | { readonly error: string }

/**
 * The default export of an inventory in TypeScript or JavaScript. It is evaluated in a thread that ends with it, so
 * that one which throws later, never ends or ends the process does so there and then, and not in the middle of a
 * backup. What it gives is copied: data, and no functions.
 * @throws with what is wrong, in words that go on after the file's name
 */
export async function evaluate(path: string, code: string): Promise<unknown> {
  const [twice] = fieldsGivenTwice(code)
  if (twice) throw new Error(`"${twice.name}" is given twice in one object, the second time in line ${twice.line}`)
  const thread = new Worker(CODE, { eval: true, workerData: pathToFileURL(path).href })
  try {
    const told = await new Promise<Told>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`it did not end within ${PATIENCE} s; an inventory is data`)),
        PATIENCE * 1000,
      )
      thread.once('message', resolve)
      thread.once('error', error => reject(new Error(messageOf(error))))
      thread.once('exit', () => reject(new Error('it ends the program that reads it, or waits for something that never comes')))
      thread.once('exit', () => clearTimeout(timer)).once('message', () => clearTimeout(timer))
    })
    if ('error' in told) throw new Error(told.error)
    return told.fields
  } finally {
    await thread.terminate()
  }
}
