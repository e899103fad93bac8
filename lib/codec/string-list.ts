/** Codecs for the lists of strings in image configs, which follow Docker. */
import * as t from 'io-ts'
import { listOf } from './list-of.js'
import { notify } from './record-codec.js'

/** Codec for a list of strings. */
export const StringListCodec = listOf(t.string)

/**
 * Codec for an entrypoint or a command. A single string decodes to a list of one, with a notice (docker's `strslice`).
 */
export const CommandCodec = new t.Type<readonly string[], unknown, unknown>(
  StringListCodec.name,
  (value): value is readonly string[] => StringListCodec.is(value),
  (value, context) => {
    if (typeof value !== 'string') return StringListCodec.validate(value, context)
    notify(context, 'it is a string and is read as a list of one item')
    return t.success([value])
  },
  t.identity,
)
