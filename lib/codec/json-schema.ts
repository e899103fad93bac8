/**
 * Converts io-ts codecs to JSON Schema 2020-12. A schema accepts exactly the JSON values that its codec accepts. Supported are the
 * codecs that describe JSON: strings, numbers, booleans, null, literals, arrays, objects, records, intersections and unions.
 */
import type * as t from 'io-ts'

/** A JSON Schema: an object of keywords. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** Returns the name under which the schema of `codec` is defined elsewhere; undefined if it is to be written out. */
export type SchemaName = (codec: t.Mixed) => string | undefined

type Supported =
  | t.StringType
  | t.NumberType
  | t.BooleanType
  | t.NullType
  | t.UnknownType
  | t.AnyDictionaryType
  | t.LiteralType<string | number | boolean>
  | t.KeyofType<Record<string, unknown>>
  | t.ArrayType<t.Mixed>
  | t.InterfaceType<t.AnyProps>
  | t.PartialType<t.AnyProps>
  | t.DictionaryType<t.Mixed, t.Mixed>
  | t.IntersectionType<t.Mixed[]>
  | t.UnionType<t.Mixed[]>

/**
 * Returns the schema of `codec`. A part that `nameOf` names becomes a reference to `#/components/schemas/NAME`, as in an OpenAPI
 * document; `codec` itself does not.
 * @throws TypeError for a codec that has no exact schema, such as a refinement
 */
export function jsonSchema(codec: t.Mixed, nameOf: SchemaName = () => undefined): JsonSchema {
  const part = (each: t.Mixed): JsonSchema => {
    const name = nameOf(each)
    return name === undefined ? jsonSchema(each, nameOf) : { $ref: `#/components/schemas/${name}` }
  }
  const supported = codec as Supported
  switch (supported._tag) {
    case 'StringType':
      return { type: 'string' }
    case 'NumberType':
      return { type: 'number' }
    case 'BooleanType':
      return { type: 'boolean' }
    case 'NullType':
      return { type: 'null' }
    case 'UnknownType':
      return {}
    case 'AnyDictionaryType':
      return { type: 'object' }
    case 'LiteralType':
      return { const: supported.value }
    case 'KeyofType':
      return { type: 'string', enum: Object.keys(supported.keys) }
    case 'ArrayType':
      return { type: 'array', items: part(supported.type) }
    case 'InterfaceType':
      return objectSchema(supported.props, part, isRequired)
    case 'PartialType':
      return objectSchema(supported.props, part, () => false)
    case 'DictionaryType':
      if ((supported.domain as Supported)._tag !== 'StringType') throw unsupportedError(supported)
      return { type: 'object', additionalProperties: part(supported.codomain) }
    case 'IntersectionType':
      return allOf(supported.types.map(part))
    case 'UnionType':
      return anyOf(supported.types.map(part))
    default:
      throw unsupportedError(codec)
  }
}

const unsupportedError = ({ name }: t.Mixed): TypeError =>
  new TypeError(`The codec ${name} has no JSON Schema that accepts the same values`)

/** A member whose codec accepts undefined, such as `unknown`, may be absent. */
const isRequired = (codec: t.Mixed): boolean => !codec.is(undefined)

function objectSchema(
  props: t.AnyProps,
  part: (codec: t.Mixed) => JsonSchema,
  isNeeded: (codec: t.Mixed) => boolean,
): ObjectSchema {
  const entries = Object.entries(props) as [string, t.Mixed][]
  const required = entries.filter(([, codec]) => isNeeded(codec)).map(([key]) => key)
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([key, codec]) => [key, part(codec)])),
    ...(required.length > 0 && { required }),
  }
}

interface ObjectSchema extends JsonSchema {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

/** An object without additional conditions, which can be merged with another one. */
const isObjectSchema = (schema: JsonSchema): schema is ObjectSchema => 'properties' in schema

/** Returns the schema of the values that all `schemas` accept. Objects with different members become one object. */
function allOf(schemas: readonly JsonSchema[]): JsonSchema {
  const parts: JsonSchema[] = []
  for (const schema of schemas) {
    const at = parts.findIndex(
      (part) => isObjectSchema(part) && isObjectSchema(schema) && isDisjoint(part, schema),
    )
    const known = parts[at]
    if (known && isObjectSchema(known) && isObjectSchema(schema)) parts[at] = merged(known, schema)
    else parts.push(schema)
  }
  return parts.length === 1 ? parts[0]! : { allOf: parts }
}

const isDisjoint = (one: ObjectSchema, other: ObjectSchema): boolean =>
  Object.keys(one.properties).every((key) => !Object.hasOwn(other.properties, key))

function merged(one: ObjectSchema, other: ObjectSchema): ObjectSchema {
  const required = [...(one.required ?? []), ...(other.required ?? [])]
  return {
    type: 'object',
    properties: { ...one.properties, ...other.properties },
    ...(required.length > 0 && { required }),
  }
}

/** Returns the schema of the values that at least one of `schemas` accepts. */
function anyOf(schemas: readonly JsonSchema[]): JsonSchema {
  const types = schemas.map((schema) => (Object.keys(schema).join() === 'type' ? schema['type'] : undefined))
  return types.every((type) => typeof type === 'string') ? { type: [...new Set(types)] } : { anyOf: schemas }
}
