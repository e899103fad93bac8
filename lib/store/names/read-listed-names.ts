/** Reads the entries of a store synchronously, without opening the store. */
import { join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { OutsideFileError, readOutsideFile } from '../../system/outside-file.js'
import { IndexDocument } from './index-document.js'
import type { IndexEntry } from './index-entry.js'
import { maxStoreFileBytes } from '../files/read-regular.js'

/**
 * Returns the entries of the store in `directory`. Returns an empty list if the store does not exist or its
 * `index.json` cannot be read: opening the store reports the reason. @throws the errors of `node:fs`
 */
export function readListedNames(directory: string): readonly IndexEntry[] {
  const path = join(directory, 'index.json')
  try {
    return IndexDocument.parse(readOutsideFile(path, { maxBytes: maxStoreFileBytes }).toString(), path)
      .entries
  } catch (error) {
    if (error instanceof OutsideFileError || error instanceof WindlassError) return []
    throw error
  }
}
