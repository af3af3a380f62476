import { type Admin, QueryFailed } from './admin.ts'
import { quoteText } from './sql.ts'

const MEGABYTE = 1024 * 1024
/** The largest statement that MariaDB and MySQL take at all. Bytes. */
export const LARGEST_PACKET = 1024 * MEGABYTE

/** What `max_allowed_packet` must be for a statement of so many bytes; whole megabytes. */
export const packetFor = (bytes: number): number => Math.ceil((bytes + 1024) / MEGABYTE) * MEGABYTE

/** Milliseconds between two looks whether the account has connected. */
const LOOK_EVERY = 100

/**
 * Does something through an account's connection that sends statements of so many bytes, of which the server takes
 * `has`. A connection keeps the limit that the server has when it begins: where that is too small, it is raised until
 * the account has connected, and no longer.
 * @throws when the server takes no statement as long, or lets this administrator raise nothing
 */
export async function withPackets(
  admin: Admin,
  { longest, has, user }: { readonly longest: number; readonly has: number; readonly user: string },
  work: () => Promise<void>,
): Promise<void> {
  const wanted = packetFor(longest)
  if (wanted <= has) return await work()
  const needed = `its longest row needs max_allowed_packet = ${wanted / MEGABYTE}M in the configuration of the database server, which has ${has / MEGABYTE}M`
  if (wanted > LARGEST_PACKET) throw new Error(`the dump cannot be imported: ${needed} and takes no more than 1024M`)
  await admin.run(`SET GLOBAL max_allowed_packet = ${wanted};`).catch(error => {
    throw error instanceof QueryFailed ? new Error(`the dump cannot be imported: ${needed}`) : error
  })
  let isOver = false
  const lowered = (async () => {
    while (!isOver && !(await isConnected(admin, user))) await new Promise(resolve => setTimeout(resolve, LOOK_EVERY))
    await admin.run(`SET GLOBAL max_allowed_packet = ${has};`)
  })()
  try {
    await work()
  } finally {
    isOver = true
    await lowered
  }
}

const isConnected = async (admin: Admin, user: string): Promise<boolean> =>
  (await admin.ask<number>(`SELECT COUNT(*) FROM information_schema.processlist WHERE user = ${quoteText(user)};`)) > 0
