import { existsSync, readdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { cosmiconfig, defaultLoaders, type Loader } from 'cosmiconfig'
import type { z } from 'zod'
import { BadInput } from '../core/bad-input.ts'
import { isWithin } from '../core/path.ts'
import { messageOf } from '../core/wording.ts'
import { evaluate, refuseFieldsGivenTwice } from './evaluate.ts'
import { inventoryFieldsAt } from './json-schema.ts'
import { type Host, hostSchema, type Reporting } from './schema.ts'

const ENDINGS = ['ts', 'js', 'json', 'yaml', 'yml']
/** The file whose fields every host of the folder starts from. */
const SHARED = 'common'
/** The JSON Schema for editors, which is beside the inventories. */
const SCHEMA = 'schema'

const loadJson: Loader = (path, text) => {
  const json = text.replace(/^\ufeff/, '')
  const fields = defaultLoaders['.json'](path, json)
  refuseFieldsGivenTwice(json)
  return fields
}

/** An inventory: `NAME.*` over `common.*` beside it, merged a level deep. @throws {BadInput} with what is wrong */
export async function loadHost(folder: string, name: string): Promise<Host> {
  const common = await read(folder, SHARED)
  const own = await read(folder, name)
  if (!own)
    throw new BadInput(
      `no inventory for host "${name}": wanted ${join(folder, name)}.ts (or .js, .json, .yaml); ${existing(folder)}`,
    )
  const merged = merge(common?.fields ?? {}, own.fields)
  // compiling the schema first is worth it where it checks many
  const parsed = hostSchema.safeParse(merged, { reportInput: true, jitless: true })
  if (!parsed.success) throw refusal(common ? `${own.file} (over ${common.file})` : own.file, parsed.error.issues)
  const inside = amongSites(parsed.data)
  if (inside !== undefined) throw new BadInput(`${own.file}: ${inside}`)
  return { ...parsed.data, name: parsed.data.name ?? name }
}

/** A path of the inventory that lies among the sites, where a site's owner could change what is in it. */
function amongSites({ vhosts, archive, paths }: Omit<Host, 'name'>): string | undefined {
  const fields = [
    ...(archive.kind === 'folder' ? [['archive.path', archive.path] as const] : []),
    ...(archive.kind === 'mount' ? [['archive.mountPoint', archive.mountPoint] as const] : []),
    ...Object.entries(paths).map(([name, path]) => [`paths.${name}`, path] as const),
  ]
  const found = fields.find(([, path]) => isWithin(resolve(path), resolve(vhosts)))
  return found && `${found[0]}: found ${found[1]}, which is among the sites in ${vhosts}; wanted a folder elsewhere`
}

/** How a run is reported that cannot begin: by what of the mail and the pings is right all the same. */
export async function loadReporting(folder: string, name: string): Promise<Reporting> {
  const fieldsOf = async (file: string): Promise<Record<string, unknown>> =>
    (await read(folder, file).catch(() => undefined))?.fields ?? {}
  const merged = merge(await fieldsOf(SHARED), await fieldsOf(name))
  const { mail, pings, paths, hooks, deadlines } = hostSchema.shape
  const known = paths.safeParse(merged.paths)
  return {
    name,
    // a mail is kept in the state folder before it is sent: without one that is right there is none
    mail: known.success ? mail.safeParse(merged.mail).data : undefined,
    pings: pings.safeParse(merged.pings).data,
    paths: known.data ?? paths.parse(undefined),
    hooks: hooks.parse(undefined),
    deadlines: deadlines.parse(undefined),
  }
}

async function read(folder: string, name: string): Promise<{ file: string; fields: Record<string, unknown> } | undefined> {
  const [path, other] = ENDINGS.map(ending => join(folder, `${name}.${ending}`)).filter(existsSync)
  if (path === undefined) return undefined
  if (other !== undefined) throw new BadInput(`${path} and ${other} are both there: wanted one file for ${name}`)
  const file = relative(process.cwd(), path) || path
  const fields = await load(path, file)
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new BadInput(
      `${file}: found ${fields === undefined ? 'no default export' : kindOf(fields)}, wanted an object such as host({ … }) gives`,
    )
  }
  return { file, fields: fields as Record<string, unknown> }
}

async function load(path: string, file: string): Promise<unknown> {
  const explorer = cosmiconfig('holdfast', {
    loaders: { '.ts': evaluate, '.js': evaluate, '.json': loadJson },
    searchStrategy: 'none',
  })
  try {
    return ((await explorer.load(path)) as { config?: unknown } | null)?.config
  } catch (error) {
    // cosmiconfig puts the path in front, and the readers an excerpt behind
    const [first] = messageOf(error)
      .replace(/^(JSON|YAML) Error in .*:\n/, '')
      .split('\n')
    throw new BadInput(`${file}: it does not load: ${first}`)
  }
}

function merge(common: Record<string, unknown>, own: Record<string, unknown>): Record<string, unknown> {
  const isSection = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  const merged: Record<string, unknown> = { ...common }
  for (const [key, value] of Object.entries(own)) {
    const base = common[key]
    const sameKind = isSection(base) && isSection(value) && base.kind === value.kind
    merged[key] = sameKind ? { ...base, ...value } : value
  }
  return merged
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`)

function existing(folder: string): string {
  if (!existsSync(folder)) return `there is no folder ${folder}`
  const names = readdirSync(folder).filter(
    name => ENDINGS.some(ending => name.endsWith(`.${ending}`)) && ![SHARED, SCHEMA].some(other => name.startsWith(`${other}.`)),
  )
  return names.length === 0 ? `${folder} is empty: npm run setup writes a first one` : `${folder} has ${names.join(', ')}`
}

/** zod's issues as lines that say where, what was found and what was wanted. */
function refusal(file: string, issues: readonly z.core.$ZodIssue[]): BadInput {
  const lines = issues.map(issue => `  ${issue.path.map(String).join('.') || 'the file as a whole'}: ${sentenceOf(issue)}`)
  return new BadInput(
    `${file}: ${lines.length === 1 ? 'a field is wrong' : `${lines.length} fields are wrong`}\n${lines.join('\n')}`,
  )
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const there = inventoryFieldsAt(issue.path)
    const known = there.length === 0 ? '' : `; there are ${there.join(', ')}`
    return `unknown field ${issue.keys.map(key => `"${key}"`).join(', ')}${known}`
  }
  const found = issue.input === undefined ? 'missing' : `found ${shorten(JSON.stringify(issue.input))}`
  if (issue.code === 'invalid_type') return `${found}, wanted ${issue.expected}`
  if (issue.code === 'invalid_value') return `${found}, wanted ${issue.values.map(value => JSON.stringify(value)).join(' or ')}`
  return `${found}: ${issue.message}`
}

const shorten = (text = ''): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text)
