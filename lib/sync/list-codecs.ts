/** Codecs of the values in lists of images. A value is a text, a list or a mapping of texts. */
import * as t from 'io-ts'
import { listOf } from '../codec/list-of.js'

/** Returns a codec from text. Its name completes “it must be …”. @param parse - returns undefined for an invalid text */
const fromText = <A>(name: string, is: t.Is<A>, parse: (text: string) => A | undefined): t.Type<A, unknown> =>
  new t.Type<A, unknown, unknown>(
    name,
    is,
    (value, context) => {
      const parsed = typeof value === 'string' ? parse(value) : undefined
      return parsed === undefined ? t.failure(value, context) : t.success(parsed)
    },
    t.identity,
  )

/** A text that is not empty. */
export const TextCodec = fromText('a text', t.string.is, (text) => (text === '' ? undefined : text))

/** A list of texts. An empty value is an empty list, as for Go. */
export const TextsCodec = new t.Type<readonly string[], unknown, unknown>(
  'a list of texts',
  (value): value is readonly string[] => Array.isArray(value) && value.every(t.string.is),
  (value, context) => (value === '' ? t.success([]) : textList.validate(value, context)),
  t.identity,
)

const textList = listOf(TextCodec, 'a list of texts')

/** One text, or a list of texts. */
export const TextOrTextsCodec = new t.Type<readonly string[], unknown, unknown>(
  'a text or a list of texts',
  (value): value is readonly string[] => TextsCodec.is(value),
  (value, context) =>
    typeof value === 'string' && value !== '' ? t.success([value]) : TextsCodec.validate(value, context),
  t.identity,
)

const flags: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
}

/** A boolean, in the words of YAML 1.1, which Go reads. */
export const FlagCodec = fromText('true or false', t.boolean.is, (text) => {
  const word = text.toLowerCase()
  return Object.hasOwn(flags, word) ? flags[word] : undefined
})

/** Returns a codec for whole numbers from `least` to a billion. */
export const countCodec = (least: number): t.Type<number, unknown> =>
  fromText(`a whole number of at least ${least}`, t.number.is, (text) =>
    /^\d{1,9}$/.test(text) && Number(text) >= least ? Number(text) : undefined,
  )

/** Returns a codec for one of `words`. */
export const wordCodec = <const Word extends string>(...words: readonly Word[]): t.Type<Word, unknown> =>
  fromText(
    `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`,
    (value): value is Word => words.some((word) => word === value),
    (text) => words.find((word) => word === text),
  )

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A mapping with values of any kind. */
export const MappingCodec = new t.Type<Readonly<Record<string, unknown>>, unknown, unknown>(
  'a mapping',
  isMapping,
  (value, context) => (isMapping(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
)
