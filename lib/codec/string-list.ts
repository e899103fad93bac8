/** Lists of strings in the configs of images, as Docker reads them. */
import * as t from 'io-ts'
import { listOf } from './list-of.js'
import { notify } from './record-codec.js'

export const StringListCodec = listOf(t.string)

/** An entrypoint or a command: one string is taken for a list of one, with a notice (docker's `strslice`). */
export const CommandCodec = new t.Type<readonly string[], unknown, unknown>(
  StringListCodec.name,
  (value): value is readonly string[] => StringListCodec.is(value),
  (value, context) => {
    if (typeof value !== 'string') return StringListCodec.validate(value, context)
    notify(context, 'it is one string and taken for a list of one')
    return t.success([value])
  },
  t.identity,
)
