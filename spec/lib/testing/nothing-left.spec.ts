import { closeSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { assertNothingLeft } from '../../../lib/testing/nothing-left.js'

const here = new URL(import.meta.url).pathname
const quick = { timeout: 20 }

describe('assertNothingLeft', () => {
  it('passes if all resources are released, even a little later', async () => {
    await assertNothingLeft(() => {
      const descriptor = openSync(here, 'r')
      setTimeout(() => closeSync(descriptor), 20)
    })
  })

  it.runIf(process.platform === 'linux')('names a descriptor that was left open', async () => {
    let descriptor = -1
    await expect(assertNothingLeft(() => void (descriptor = openSync(here, 'r')), quick)).rejects.toThrow(
      `Left behind: 1 x descriptor of ${here}`,
    )
    closeSync(descriptor)
  })

  it('names a timer and a server that are left', async () => {
    let timer: NodeJS.Timeout | undefined
    await expect(
      assertNothingLeft(() => void (timer = setTimeout(() => undefined, 60_000)), quick),
    ).rejects.toThrow('1 x Timeout')
    clearTimeout(timer)
    const server = createServer()
    const listen = (): Promise<void> =>
      new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    await expect(assertNothingLeft(listen, quick)).rejects.toThrow('TCP')
    await new Promise((resolve) => server.close(resolve))
  })

  it('compares the counts of the option gauges', async () => {
    let load = 0
    const gauges = { 'downloads in work': () => load }
    await expect(assertNothingLeft(() => (load += 2), { ...quick, gauges })).rejects.toThrow(
      'Left behind: 2 x downloads in work',
    )
    await assertNothingLeft(() => (load -= 1), { gauges })
  })

  it('rejects with the error of its body', async () => {
    await expect(assertNothingLeft(() => Promise.reject(new Error('body')))).rejects.toThrow('body')
  })
})
