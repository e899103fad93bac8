/** Reads the `layer.json` of a layer's directory. */
import { join } from 'node:path'
import type { Digest } from '../../image/index.js'
import { type LayerRecord, parseRecord } from './layer-record.js'
import { readIfRegular } from '../files/read-regular.js'
import { codeOf } from '../files/store-error.js'

export const recordPath = (directory: string): string => join(directory, 'layer.json')

/** The record in `directory`; undefined where there is none that says what `diffID` is. */
export async function readRecord(directory: string, diffID: Digest): Promise<LayerRecord | undefined> {
  const text = await readIfRegular(recordPath(directory))
  return text === undefined ? undefined : parseRecord(text, diffID)
}

/** The same for who looks for damage: one that this user may not read is `denied`. */
export function recordOrDenied(
  directory: string,
  diffID: Digest,
): Promise<LayerRecord | 'denied' | undefined> {
  return readRecord(directory, diffID).catch((error: unknown) => {
    if (codeOf(error) !== 'EACCES') throw error
    return 'denied' as const
  })
}
