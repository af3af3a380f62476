import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HOME } from '../../lib/program/command-line.ts'

/** One line of the ledger: what was done to the hosts, and what came of it. */
export interface Row {
  readonly scenario: string
  readonly injected: string
  /** The line of the run that tells of it, and its exit code. */
  readonly said: string
  /** What had been backed up and is no more: must be nothing. */
  readonly lost: string
  /** By what, and how long it took from when the cause was gone. */
  readonly healed: string
}

const COLUMNS = ['scenario', 'injected', 'said', 'lost', 'healed'] as const

/** The ledger as a table of Markdown. */
export function ledgerText(rows: readonly Row[], heading: string): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim()
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const body = rows.map(row => line(COLUMNS.map(column => cell(row[column]))))
  return [`# ${heading}`, '', line(COLUMNS), line(COLUMNS.map(() => '---')), ...body, ''].join('\n')
}

const OUTPUT = process.env.HOLDFAST_HOSTS_OUTPUT ?? join(HOME, 'out', 'hosts')
const FILE = join(OUTPUT, 'ledger.md')

/** An empty folder for what a part of the table puts out. */
export function outputFolder(part: string): string {
  const folder = join(OUTPUT, part)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Forgets the ledger of an earlier run. */
export function forgetLedger(): void {
  rmSync(OUTPUT, { recursive: true, force: true })
}

/** Writes a part of the ledger, prints it, and makes the ledger anew of all the parts that have ended. */
export function writeLedger(folder: string, rows: readonly Row[], heading: string): void {
  const text = ledgerText(rows, heading)
  writeFileSync(join(folder, 'part.md'), text)
  const parts = readdirSync(OUTPUT).map(part => join(OUTPUT, part, 'part.md'))
  const all = parts.filter(existsSync).map(part => readFileSync(part, 'utf8'))
  writeFileSync(FILE, all.join('\n'))
  console.log(`${text}\nThe ledger is in ${FILE}`)
}
