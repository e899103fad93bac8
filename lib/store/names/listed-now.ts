/** The entries of a store that is not opened, read at once: for who must answer before anything is waited for. */
import { join } from 'node:path'
import { WindlassError } from '../../errors.js'
import { OutsideFileError, readOutsideFile } from '../../system/outside-file.js'
import { IndexDocument } from './index-document.js'
import type { IndexEntry } from './index-entry.js'
import { maxStoreFileBytes } from '../files/read-regular.js'

/** None where there is no store, or its list of names cannot be read: who opens it is told. */
export function listedNow(directory: string): readonly IndexEntry[] {
  const path = join(directory, 'index.json')
  try {
    return IndexDocument.parse(readOutsideFile(path, { maxBytes: maxStoreFileBytes }).toString(), path).listed
  } catch (error) {
    if (error instanceof OutsideFileError || error instanceof WindlassError) return []
    throw error
  }
}
