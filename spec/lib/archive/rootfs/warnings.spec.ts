import { expect, it } from 'vitest'
import { isMachineWarning, onceEach, warningCodes } from '../../../../lib/archive/rootfs/warnings.js'

it('a warning of each code is passed on once', () => {
  const seen: string[] = []
  const warn = onceEach((code, message) => seen.push(`${code}: ${message}`))
  warn('OWNER_NONE', 'one')
  warn('DEVICE_SKIPPED', 'two')
  warn('OWNER_NONE', 'three')
  expect(seen).toEqual(['OWNER_NONE: one', 'DEVICE_SKIPPED: two'])
})

it('the machine is the cause of warnings about what it cannot store, and not of those about the layer', () => {
  expect(Object.keys(warningCodes).filter(isMachineWarning)).toEqual([
    'OWNER_SKIPPED',
    'DEVICE_SKIPPED',
    'XATTR_SKIPPED',
    'TIMES_ROUNDED',
    'TIME_SKIPPED',
  ])
  expect(isMachineWarning('toString')).toBe(false)
})
