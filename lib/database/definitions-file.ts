import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { parseChecked, textOfState } from '../host/state.ts'
import { type Definitions, ORDER_OF_MAKING } from './definitions.ts'

/** Writes down what one side of an exchange defines, while its tables are moved. */
export function saveDefinitions(definitions: Definitions, file: string): void {
  writeFileSync(file, textOfState(definitions), { mode: 0o600, flush: true })
}

const maybe = z
  .string()
  .optional()
  .transform(text => text)
const definitionSchema = z.object({
  kind: z.enum(ORDER_OF_MAKING),
  name: z.string(),
  sql: z.string(),
  sqlMode: z.string(),
  charset: z.string(),
  collation: z.string(),
  databaseCollation: maybe,
  timeZone: maybe,
})

const definitionsSchema: z.ZodType<Definitions> = z.object({
  from: z.enum(['live', 'set']),
  list: z.array(definitionSchema),
  trusted: z.array(definitionSchema).exactOptional(),
  collation: z.string().exactOptional(),
})

/** @throws when it cannot be read, or is not as it was saved */
export const loadDefinitions = (file: string): Definitions => parseChecked(file, readFileSync(file, 'utf8'), definitionsSchema)
