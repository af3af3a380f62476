import { z } from 'zod'
import { hostSchema } from './schema.ts'

/** The JSON Schema of an inventory, for editors. Nothing is required: `common.*` may hold any field. */
export function inventoryJsonSchema(): object {
  const { required: _, ...schema } = z.toJSONSchema(hostSchema, { io: 'input' })
  return { title: 'Inventory of a host for Holdfast', ...schema }
}

type JsonSchema = {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | false
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
}

/** The names of the fields that an inventory may have at a place, such as `['sites', 'blog']`. */
export function inventoryFieldsAt(path: readonly PropertyKey[]): string[] {
  let places: JsonSchema[] = alternatives(inventoryJsonSchema())
  for (const step of path)
    places = places.flatMap(({ properties, additionalProperties, items }) => {
      const next = typeof step === 'number' ? items : (properties?.[String(step)] ?? (additionalProperties || undefined))
      return next ? alternatives(next) : []
    })
  return [...new Set(places.flatMap(({ properties }) => Object.keys(properties ?? {})))].filter(name => name !== '$schema')
}

const alternatives = (schema: JsonSchema): JsonSchema[] => [
  schema,
  ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(alternatives),
]
