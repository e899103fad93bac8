/**
 * Codecs for JSON objects whose keys are chosen by the author of the document, such as annotations and labels.
 */
import * as t from 'io-ts'
import { isObject } from './json-object.js'
import { notify } from './record-codec.js'

/** Codec for any object. */
export const ObjectCodec = new t.Type<Readonly<Record<string, unknown>>, unknown, unknown>(
  'an object',
  isObject,
  (value, context) => (isObject(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
)

/**
 * An object of strings. The author of the document chooses the keys, which may be `constructor` or `__proto__`: read
 * own properties only.
 */
export type StringMap = Readonly<Record<string, string>>

/** Codec for an object of strings. Values of other types are removed: `null` silently, others with a notice. */
export const StringMapCodec = new t.Type<StringMap, unknown, unknown>(
  'an object of strings',
  (value): value is StringMap =>
    isObject(value) && Object.values(value).every((item) => typeof item === 'string'),
  (value, context) => {
    if (!isObject(value)) return t.failure(value, context)
    const entries = Object.entries(value).filter((entry): entry is [string, string] => {
      const [key, item] = entry
      if (typeof item === 'string') return true
      if (item !== null)
        notify(t.appendContext(context, key, t.string, item), 'expected string; the value is ignored')
      return false
    })
    return t.success(Object.fromEntries(entries))
  },
  t.identity,
)
