/** Reads the `layer.json` of a layer's directory. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest } from '../image/index.js'
import { type LayerRecord, parseRecord } from './layer-record.js'
import { unlessMissing } from './store-error.js'

export const recordPath = (directory: string): string => join(directory, 'layer.json')

/** The record in `directory`; undefined where there is none that says what `diffID` is. */
export async function readRecord(directory: string, diffID: Digest): Promise<LayerRecord | undefined> {
  const text = await unlessMissing(readFile(recordPath(directory), 'utf8'))
  return text === undefined ? undefined : parseRecord(text, diffID)
}
