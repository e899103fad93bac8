/** Reads the `layer.json` of a layer. */
import { join } from 'node:path'
import type { Digest } from '../../image/index.js'
import { type LayerRecord, parseRecord } from './layer-record.js'
import { readIfRegular } from '../files/read-regular.js'
import { errnoOf } from '../files/store-error.js'

/** Returns the path of the record in the directory of a layer. */
export const recordPath = (directory: string): string => join(directory, 'layer.json')

/**
 * Reads the record in `directory`. Returns undefined if there is no valid record of `diffID`.
 * @throws the errors of `node:fs`
 */
export async function readRecord(directory: string, diffID: Digest): Promise<LayerRecord | undefined> {
  const text = await readIfRegular(recordPath(directory))
  return text === undefined ? undefined : parseRecord(text, diffID)
}

/** Like `readRecord`, but returns `denied` if this user may not read the record. For verification. */
export function readRecordOrDenied(
  directory: string,
  diffID: Digest,
): Promise<LayerRecord | 'denied' | undefined> {
  return readRecord(directory, diffID).catch((error: unknown) => {
    if (errnoOf(error) !== 'EACCES') throw error
    return 'denied' as const
  })
}
