/**
 * Bytes from outside to a typed value, once and strictly: what two readers could read differently is refused.
 */
import type * as t from 'io-ts'
import { type ErrorCode, type ErrorSubject, WindlassError } from '../errors.js'
import { checkJsonText } from './json-text.js'
import { UnsupportedValue, jsonProblems } from './json-problems.js'
import { printable } from './printable.js'
import type { NoticeContext, ReceiveNotice } from './record-codec.js'

/** What is being read, for the error: its code, what to call it, what it is about. */
export interface JsonDocument {
  readonly code: ErrorCode
  /** As in `Failed to parse <what>: …`. */
  readonly what: string
  readonly subject?: ErrorSubject
  /** Receives what was left out or filled in. Without it, that is not told. */
  readonly notice?: ReceiveNotice
}

const anyDocument: JsonDocument = { code: 'MANIFEST_INVALID', what: 'the JSON' }

/** The error of `document`: `Failed to parse <what>: <problem>`. */
export const jsonError = (
  { code, what, subject }: JsonDocument,
  problem: string,
  cause?: unknown,
): WindlassError => new WindlassError(code, `Failed to parse ${what}: ${problem}`, { ...subject, cause })

/**
 * The one JSON value that `bytes` hold: UTF-8 without a byte order mark, nothing after it, no key twice in an
 * object, at most `jsonDepth` levels. A key `__proto__` is an ordinary own property of the result.
 * Throws the document's code for anything else (RFC 8259).
 */
export function parseJson(bytes: Uint8Array, document: JsonDocument = anyDocument): unknown {
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
 * `value` as `codec` has it. Throws the document's code, and UNSUPPORTED for a digest of an algorithm that is not
 * supported; the message names the path inside the JSON.
 */
export function decodeJson<A>(codec: t.Type<A, unknown>, value: unknown, document: JsonDocument): A {
  const root: NoticeContext = { key: '', type: codec, actual: value, notice: document.notice }
  const result = codec.validate(value, [root])
  if (result._tag === 'Right') return result.right
  const unsupported = result.left.some((error) => error instanceof UnsupportedValue)
  throw jsonError(unsupported ? { ...document, code: 'UNSUPPORTED' } : document, jsonProblems(result.left))
}

/** Both at once. */
export const readJson = <A>(bytes: Uint8Array, codec: t.Type<A, unknown>, document: JsonDocument): A =>
  decodeJson(codec, parseJson(bytes, document), document)
