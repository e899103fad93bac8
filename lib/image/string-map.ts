/**
 * Objects of strings inside a JSON document: annotations, labels. Stops at the first wrong value, as lists do.
 */
import * as t from 'io-ts'

/** Read it by `Object.entries` or an own key only: the keys are whatever the document's author chose. */
export type StringMap = Readonly<Record<string, string>>

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const StringMapCodec = new t.Type<StringMap, unknown, unknown>(
  'an object of strings',
  (value): value is StringMap =>
    isObject(value) && Object.values(value).every((one) => typeof one === 'string'),
  (value, context) => {
    if (!isObject(value)) return t.failure(value, context)
    for (const [key, one] of Object.entries(value))
      if (typeof one !== 'string') return t.failure(one, t.appendContext(context, key, t.string, one))
    // Every value was just seen to be a string.
    return t.success(value as StringMap)
  },
  t.identity,
)
