/** Selects the devices of a layer that are never created. */
import { systemCallsAvailable } from '../../system/index.js'
import type { TarEntry } from '../tar/entry.js'
import { quotedLatin1 } from '../tar/refusal.js'
import type { WarningCode } from './warnings.js'

/** Limits of device numbers in Linux. */
const maxMajor = 0xfff
const maxMinor = 0xfffff

/**
 * Returns the warning for a device that cannot or must not be created; undefined for other entries. The caller reports the
 * first warning of each code, which therefore names the first such device.
 */
export function skippedDeviceWarning({
  type,
  device,
  path,
}: TarEntry): readonly [WarningCode, string] | undefined {
  if (type !== 'character-device' && type !== 'block-device') return undefined
  if (isForeignDevice({ type, device }))
    // Linux would truncate the number, which would create another device.
    return [
      'DEVICE_FOREIGN',
      `Devices with a number that Linux does not have are skipped (first: ${quotedLatin1(path)})`,
    ]
  if (isWhiteoutDevice({ type, device }))
    return [
      'WHITEOUT_DEVICE_SKIPPED',
      `Character devices 0/0 are skipped: overlayfs would treat them as whiteouts (first: ${quotedLatin1(path)})`,
    ]
  if (systemCallsAvailable()) return undefined
  return [
    'DEVICE_SKIPPED',
    `Devices are skipped: the C library cannot be called on this platform (first: ${quotedLatin1(path)})`,
  ]
}

type Device = Pick<TarEntry, 'type' | 'device'>

/** Reports whether the entry is a device with a number that Linux does not support. */
export const isForeignDevice = ({ type, device }: Device): boolean =>
  (type === 'character-device' || type === 'block-device') &&
  (device === undefined || !isWithin(device.major, maxMajor) || !isWithin(device.minor, maxMinor))

/** Reports whether overlayfs would treat the entry as a whiteout. A layer states whiteouts as `.wh.` files (OCI image-spec, layer.md). */
export const isWhiteoutDevice = ({ type, device }: Device): boolean =>
  type === 'character-device' && device?.major === 0 && device.minor === 0

const isWithin = (value: number, limit: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= limit
