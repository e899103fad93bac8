/**
 * Parses JSON documents from outside into typed values. Documents that two parsers could read differently are rejected.
 */
import type * as t from 'io-ts'
import { type ErrorCode, type ErrorSubject, WindlassError } from '../errors.js'
import { checkJsonText } from './json-text.js'
import { UnsupportedValue, jsonProblems } from './json-problems.js'
import { printable } from './printable.js'
import type { NoticeContext, ReceiveNotice } from './record-codec.js'

/** Describes a document for errors. */
export interface JsonDocument {
  /** Code of the errors. */
  readonly code: ErrorCode
  /** Name of the document in messages: `Failed to parse <what>: …`. */
  readonly what: string
  readonly subject?: ErrorSubject
  /** Receives notices about values that were ignored or filled in. Without it there are no notices. */
  readonly notice?: ReceiveNotice
}

const defaultDocument: JsonDocument = { code: 'MANIFEST_INVALID', what: 'the JSON' }

/** Returns the error of `document`: `Failed to parse <what>: <problem>`. */
export const jsonError = (
  { code, what, subject }: JsonDocument,
  problem: string,
  cause?: unknown,
): WindlassError => new WindlassError(code, `Failed to parse ${what}: ${problem}`, { ...subject, cause })

/**
 * Parses `bytes` as one JSON value (RFC 8259). A key `__proto__` becomes an ordinary own property of the result.
 * @throws the code of `document` if `bytes` are not JSON in UTF-8, start with a byte order mark, contain anything after
 *   the value, have a duplicate key in an object, or are nested more than `maxJsonDepth` levels deep
 */
export function parseJson(bytes: Uint8Array, document: JsonDocument = defaultDocument): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw jsonError(document, 'it is not UTF-8', cause)
  }
  if (text.startsWith('\uFEFF')) throw jsonError(document, 'it starts with a byte order mark')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw jsonError(
      document,
      cause instanceof SyntaxError ? printable(cause.message) : 'it is not JSON',
      cause,
    )
  }
  const problem = checkJsonText(text)
  if (problem !== undefined) throw jsonError(document, problem)
  return value
}

/**
 * Decodes `value` with `codec`. The message of an error names the path inside the document.
 * @throws the code of `document` if `value` does not match `codec`
 * @throws UNSUPPORTED if `value` has a digest of an unsupported algorithm
 */
export function decodeJson<A>(codec: t.Type<A, unknown>, value: unknown, document: JsonDocument): A {
  const root: NoticeContext = { key: '', type: codec, actual: value, notice: document.notice }
  const result = codec.validate(value, [root])
  if (result._tag === 'Right') return result.right
  const unsupported = result.left.some((error) => error instanceof UnsupportedValue)
  throw jsonError(unsupported ? { ...document, code: 'UNSUPPORTED' } : document, jsonProblems(result.left))
}

/** Parses `bytes` and decodes the result. Throws as `parseJson` and `decodeJson` do. */
export const readJson = <A>(bytes: Uint8Array, codec: t.Type<A, unknown>, document: JsonDocument): A =>
  decodeJson(codec, parseJson(bytes, document), document)
