import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hasCapability, isBoundByModes } from '../../../lib/system/index.js'
import { effectiveCapabilities } from '../../../lib/system/privileges.js'

const asRoot = process.geteuid?.() === 0

describe('the capabilities of a process', () => {
  it.each([
    ['CapPrm:\t000001ffffffffff\nCapEff:\t0000000000000009\nCapBnd:\t0\n', 9n],
    ['CapEff:\t000001ffffffffff\n', 0x1ffffffffffn],
    ['CapEff:\t0000000000000000\n', 0n],
    ['Name:\tnode\n', -1n],
    ['', -1n],
  ])('are read of %j', (status, bits) => expect(effectiveCapabilities(status)).toBe(bits))

  it.runIf(asRoot)('are none that count once it is not root', () => {
    const asRootOverrides = hasCapability('CAP_DAC_OVERRIDE')
    process.seteuid!(65534)
    try {
      expect([hasCapability('CAP_CHOWN'), hasCapability('CAP_DAC_OVERRIDE'), isBoundByModes()]).toEqual([
        false,
        false,
        true,
      ])
    } finally {
      process.seteuid!(0)
    }
    expect(hasCapability('CAP_DAC_OVERRIDE')).toBe(asRootOverrides)
  })

  it.runIf(asRoot)('are those that the kernel left it', () => {
    const script = `
      import { whyCannotChown, hasCapability, isInUserNamespace } from './dist/lib/system/index.js'
      console.log([whyCannotChown(), hasCapability('CAP_MKNOD'), isInUserNamespace()].join())`
    const ask = (...before: string[]): string => {
      const command = [...before, process.execPath, '--input-type=module', '-e', script]
      return spawnSync(command[0]!, command.slice(1), { encoding: 'utf8' }).stdout
    }
    expect(ask('setpriv', '--bounding-set=-mknod')).toBe(',false,false\n')
    expect(ask('setpriv', '--bounding-set=-fowner')).toBe('this process lacks CAP_FOWNER,true,false\n')
    expect(ask('setpriv', '--reuid', '1234')).toBe('only root may set them,false,false\n')
    expect(ask('unshare', '-Ur')).toBe(',true,true\n')
  })

  it.runIf(asRoot)('are those that its status states', () => {
    const bits = effectiveCapabilities(readFileSync('/proc/thread-self/status', 'utf8'))
    expect(hasCapability('CAP_CHOWN')).toBe((bits & 1n) === 1n)
    expect(hasCapability('CAP_FOWNER')).toBe(((bits >> 3n) & 1n) === 1n)
    expect(isBoundByModes()).toBe(((bits >> 1n) & 1n) !== 1n)
  })
})
