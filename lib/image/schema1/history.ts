/** Parses the v1 configs in the history of a schema 1 manifest: one JSON document in a string per layer. */
import * as t from 'io-ts'
import type { HistoryEntry } from '../documents/image-config.js'
import { type JsonDocument, decodeJson, jsonError, parseJson } from '../../codec/json.js'
import { keyInOtherCase } from '../../codec/other-case.js'
import { quoted } from '../../codec/printable.js'
import { record } from '../../codec/record-codec.js'
import { ObjectCodec } from '../../codec/string-map.js'

/** The relevant parts of a v1 config (Docker image spec v1). */
export interface V1Config {
  readonly id: string
  /** ID of the layer below; empty for the base layer. */
  readonly parent: string
  /** Whether the entry has no layer, because its build step changed no files. */
  readonly throwaway: boolean
  readonly history: HistoryEntry
  /** All fields, unchanged. */
  readonly members: Readonly<Record<string, unknown>>
}

const V1ConfigCodec = record(
  'a v1 config',
  { id: t.string },
  {
    parent: t.string,
    throwaway: t.boolean,
    created: t.string,
    author: t.string,
    comment: t.string,
    container_config: ObjectCodec,
  },
)

/**
 * Parses a v1 config.
 * @throws the code of `document` if it is not valid JSON, or its ID is not 64 hexadecimal digits
 */
export function readV1Config(v1Compatibility: string, document: JsonDocument): V1Config {
  const members = decodeJson(t.UnknownRecord, parseJson(Buffer.from(v1Compatibility), document), document)
  const ambiguous = keyInOtherCase(members, ['id', 'parent', 'throwaway'])
  if (ambiguous !== undefined)
    throw jsonError(document, `the key ${quoted(ambiguous)} differs only in case from a known key`)
  const { id, parent, throwaway, created, author, comment, container_config } = decodeJson(
    V1ConfigCodec,
    members,
    document,
  )
  // Docker once used the ID as the name of a directory (CVE-2014-9358).
  if (!/^[0-9a-f]{64}$/.test(id)) throw jsonError(document, `image ID ${quoted(id)} is invalid`)
  const isEmptyLayer = throwaway === true
  const command = commandOf(container_config?.['Cmd'])
  // In the order of Docker, so that the serialised config has the same bytes.
  const history = {
    ...(created !== undefined && { created }),
    ...(author !== undefined && author !== '' && { author }),
    ...(command !== '' && { created_by: command }),
    ...(comment !== undefined && comment !== '' && { comment }),
    ...(isEmptyLayer && { empty_layer: true }),
  }
  return { id, parent: parent ?? '', throwaway: isEmptyLayer, history, members }
}

/** Returns a command as one string. Early builders wrote a string instead of a list. */
function commandOf(command: unknown): string {
  if (typeof command === 'string') return command
  return Array.isArray(command) ? command.filter((word) => typeof word === 'string').join(' ') : ''
}
