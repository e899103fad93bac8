/** Checks whether the file system of the store has extended attributes. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setXattr, systemCallsAvailable } from '../../lib/system/index.js'
import type { Check } from '../examination.js'
import { findingsOf } from '../finding.js'
import { temporaryDirectory } from './overlay.js'

const finding = findingsOf('xattrs')

/** Sets an attribute, as `setXattr` does. */
export type SetAttribute = (path: Buffer, name: string, value: Buffer) => void

/** Returns the check with a function that sets attributes. */
export const checkXattrsWith =
  (set: SetAttribute, areCallsAvailable: () => boolean = systemCallsAvailable): Check =>
  ({ store }) => {
    if (!areCallsAvailable())
      return [
        finding(
          'problem',
          'The C library cannot be called, so that extended attributes and devices are skipped.',
          'Install the optional package koffi beside Windlass, on 64-bit Linux.',
        ),
      ]
    const directory = temporaryDirectory(store)
    try {
      const file = join(directory, 'file')
      writeFileSync(file, '')
      // Root needs the second one for the opaque directories of overlayfs.
      const names = ['user.windlass', ...(process.geteuid?.() === 0 ? ['trusted.windlass'] : [])]
      for (const name of names)
        try {
          set(Buffer.from(file), name, Buffer.from('1'))
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          return [
            finding(
              'note',
              `The attribute ${name} cannot be set in the file system of the store: ${reason}.`,
              'File capabilities and other attributes of images are skipped with a warning. Use a store on ext4, xfs or btrfs.',
            ),
          ]
        }
      return [finding('ok', 'The file system of the store has extended attributes.')]
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }

/** Checks whether the file system of the store has extended attributes. */
export const checkXattrs: Check = checkXattrsWith(setXattr)
