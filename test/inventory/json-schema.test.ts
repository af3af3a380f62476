import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { inventoryJsonSchema } from '../../lib/inventory/json-schema.ts'
import { hostSchema } from '../../lib/inventory/schema.ts'

test('hosts/schema.json is up to date (npm run schema)', () => {
  const written = JSON.parse(readFileSync(join(import.meta.dirname, '../../hosts/schema.json'), 'utf8'))
  assert.deepEqual(written, JSON.parse(JSON.stringify(inventoryJsonSchema())))
})

test('inventoryJsonSchema() knows every field, refuses others, and requires none at the top', () => {
  const schema = inventoryJsonSchema() as { properties: object; additionalProperties: unknown; required?: unknown }
  assert.deepEqual(Object.keys(schema.properties).toSorted(), Object.keys(hostSchema.shape).toSorted())
  assert.equal(schema.additionalProperties, false)
  assert.equal(schema.required, undefined)
})
