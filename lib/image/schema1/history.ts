/**
 * The v1 configs in a schema 1 manifest's history: one JSON document in a string for each layer.
 */
import * as t from 'io-ts'
import type { HistoryEntry } from '../documents/image-config.js'
import { type JsonDocument, decodeJson, jsonError, parseJson } from '../../codec/json.js'
import { otherCase } from '../../codec/other-case.js'
import { quoted } from '../../codec/printable.js'
import { record } from '../../codec/record-codec.js'
import { ObjectCodec } from '../../codec/string-map.js'

/** What of a v1 config has a meaning here (docker image spec v1). */
export interface V1Config {
  readonly id: string
  /** Id of the layer below; empty for the base. */
  readonly parent: string
  /** The entry changed no file: it makes no layer. */
  readonly throwaway: boolean
  readonly history: HistoryEntry
  /** All that was written, as it was written. */
  readonly members: Readonly<Record<string, unknown>>
}

const V1Codec = record(
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

/** Throws the document's code for what is no JSON and for an id that is not 64 hexadecimal digits. */
export function readV1Config(v1Compatibility: string, document: JsonDocument): V1Config {
  const members = decodeJson(t.UnknownRecord, parseJson(Buffer.from(v1Compatibility), document), document)
  const doubtful = otherCase(members, ['id', 'parent', 'throwaway'])
  if (doubtful !== undefined)
    throw jsonError(document, `the key ${quoted(doubtful)} is a known one in other case`)
  const { id, parent, throwaway, created, author, comment, container_config } = decodeJson(
    V1Codec,
    members,
    document,
  )
  // It became a directory's name once (CVE-2014-9358).
  if (!/^[0-9a-f]{64}$/.test(id)) throw jsonError(document, `image ID ${quoted(id)} is invalid`)
  const empty = throwaway === true
  const command = commandOf(container_config?.['Cmd'])
  // In the order in which Docker writes them, so that the config comes out byte for byte as Docker's does.
  const history = {
    ...(created !== undefined && { created }),
    ...(author !== undefined && author !== '' && { author }),
    ...(command !== '' && { created_by: command }),
    ...(comment !== undefined && comment !== '' && { comment }),
    ...(empty && { empty_layer: true }),
  }
  return { id, parent: parent ?? '', throwaway: empty, history, members }
}

/** The oldest builders wrote one string. */
function commandOf(command: unknown): string {
  if (typeof command === 'string') return command
  return Array.isArray(command) ? command.filter((word) => typeof word === 'string').join(' ') : ''
}
