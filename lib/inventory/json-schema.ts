import { z } from 'zod'
import { hostSchema } from './schema.ts'

/**
 * The JSON Schema of a host's inventory, for editors. Checks that only code can make (intervals, host names) are left to the loading. No field is
 * required at the top: `common.*` may hold it.
 */
export function inventoryJsonSchema(): object {
  const { required: _, ...schema } = z.toJSONSchema(hostSchema, { io: 'input' })
  return { title: 'Inventory of a host for Holdfast', ...schema }
}
