import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import { isHostName } from '../core/marker.ts'
import { HOME } from '../program/command-line.ts'
import { flag, helpLines, type Options, parseOptions, text } from '../program/options.ts'

/** What setup was asked for. */
export interface SetupOptions {
  readonly host: string
  readonly inventory: string
  readonly env: string
  /** Where the machine to look at has its root. */
  readonly root: string
  readonly yes: boolean
  readonly help: boolean
  /** The host is a machine that is not always on: it gets a desktop's inventory and a timer. */
  readonly desktop: boolean
  /** Host, inventory and `.env` are those that a task takes when it is told none. */
  readonly defaults: boolean
}

const OPTIONS = {
  desktop: flag('this machine is not always on: an inventory for tasks/desktop.ts, and a timer that asks every hour'),
  yes: flag('install what is missing without asking', 'y'),
  host: text('NAME', "the name of the host (default: this machine's name)"),
  inventory: text('DIR', 'where the inventory is to stand (default: hosts/ of Holdfast)'),
  env: text('FILE', "where the secrets are (default: .env beside the inventory's folder)"),
  root: text('DIR', 'look at the machine whose root is this folder (default: /)'),
  help: flag('this page', 'h'),
} as const satisfies Options

export const SETUP_HELP = `Makes this host ready: looks for sites, shares and VPNs, writes a first inventory and a passphrase where there are none,
checks the programs that the nightly run needs, and prints what is left to do. Run again, it overwrites nothing.

Usage: npm run setup -- [options]

${helpLines(OPTIONS)}

Exit codes: 0 ready · 1 something is missing · 2 bad input`

/** Reads setup's command line. @throws {BadInput} for an unknown option or a value that makes no sense */
export function readSetupOptions(args: string[]): SetupOptions {
  const values = parseOptions(args, OPTIONS, 'npm run setup -- --help')
  const host = values.host ?? hostname().split('.')[0]!
  if (!isHostName(host)) throw new BadInput(`--host: found "${host}", wanted a host name: letters, digits, . and -`)
  const inventory = resolve(values.inventory ?? join(HOME, 'hosts'))
  return {
    host,
    inventory,
    env: resolve(values.env ?? join(dirname(inventory), '.env')),
    root: resolve(values.root ?? '/'),
    yes: values.yes,
    help: values.help,
    desktop: values.desktop,
    defaults: values.host === undefined && values.inventory === undefined && values.env === undefined,
  }
}
