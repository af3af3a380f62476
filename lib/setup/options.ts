import { resolve } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import { isHostName } from '../core/marker.ts'
import type { CommandPlace } from '../core/task-command.ts'
import { HOME, placeOf } from '../program/command-line.ts'
import { flag, helpLines, type Options, parseOptions, text } from '../program/options.ts'

export interface SetupOptions {
  readonly host: string
  readonly inventory: string
  readonly env: string
  readonly root: string
  readonly yes: boolean
  readonly help: boolean
  /** The host is a machine that is not always on: it gets a desktop's inventory and a timer. */
  readonly desktop: boolean
  /** Where the commands of the host are typed; without options where a task finds everything by itself. */
  readonly commandPlace: CommandPlace
}

const OPTIONS = {
  desktop: flag('this machine is not always on: an inventory for tasks/desktop.ts, and a timer that asks every hour'),
  yes: flag('install what is missing without asking', 'y'),
  host: text('NAME', "the name of the host (default: this machine's name)"),
  inventory: text('DIR', 'where the inventory is written (default: hosts/ of Holdfast)'),
  env: text('FILE', "where the secrets are (default: .env beside the inventory's folder)"),
  root: text('DIR', 'look at the machine whose root is this folder (default: /)'),
  help: flag('show this help', 'h'),
} as const satisfies Options

export const SETUP_HELP = `Makes this host ready: looks for sites, shares and VPNs, writes a first inventory and a passphrase where there are none,
checks the programs that the nightly run needs, and prints what is left to do. Run again, it overwrites nothing.

Usage: npm run setup -- [options]

${helpLines(OPTIONS)}

Exit codes: 0 ready · 1 something is missing · 2 bad input`

/** Reads setup's command line. @throws {BadInput} for an unknown option or a value that makes no sense */
export function readSetupOptions(args: string[]): SetupOptions {
  const { root = '/', yes, help, desktop, ...given } = parseOptions(args, OPTIONS, 'npm run setup -- --help')
  const { host, inventory, env } = placeOf(given)
  if (!isHostName(host)) throw new BadInput(`--host: found "${host}", wanted a host name: letters, digits, . and -`)
  const isUsual = Object.values(given).every(value => value === undefined)
  const words = isUsual ? [] : ['--host', host, '--inventory', inventory, '--env', env]
  return { host, inventory, env, root: resolve(root), yes, help, desktop, commandPlace: { folder: HOME, words } }
}
