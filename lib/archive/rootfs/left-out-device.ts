/** Which devices of a layer are not made, whoever unpacks it. */
import { available } from '../../system/index.js'
import type { TarEntry } from '../tar/entry.js'
import { quoted } from '../tar/refusal.js'
import type { WarningCode } from './warnings.js'

/** What Linux's `dev_t` holds. */
const maxMajor = 0xfff
const maxMinor = 0xfffff

/** Why the device that `entry` is cannot be or must not be; undefined where it can, and for all that is no device. */
export function leftOutDevice({ type, device, path }: TarEntry): readonly [WarningCode, string] | undefined {
  if (type !== 'character-device' && type !== 'block-device') return undefined
  if (isForeignDevice({ type, device }))
    // Cut to what fits, it would be another device.
    return [
      'DEVICE_FOREIGN',
      `Devices are left out whose number Linux does not have (${quoted(path)} is the first)`,
    ]
  if (isWhiteoutDevice({ type, device }))
    return [
      'WHITEOUT_DEVICE_SKIPPED',
      `Character devices 0/0 are left out: overlayfs takes them for whiteouts (${quoted(path)} is the first)`,
    ]
  if (available()) return undefined
  return [
    'DEVICE_SKIPPED',
    `Devices are left out: the C library cannot be called here (${quoted(path)} is the first)`,
  ]
}

type Device = Pick<TarEntry, 'type' | 'device'>

/** Whether Linux has no such device. */
export const isForeignDevice = ({ type, device }: Device): boolean =>
  (type === 'character-device' || type === 'block-device') &&
  (device === undefined || !isWithin(device.major, maxMajor) || !isWithin(device.minor, maxMinor))

/** Whether overlayfs takes it for a whiteout: it is never made of an image. */
export const isWhiteoutDevice = ({ type, device }: Device): boolean =>
  type === 'character-device' && device?.major === 0 && device.minor === 0

const isWithin = (value: number, limit: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= limit
