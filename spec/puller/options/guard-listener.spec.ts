import { describe, expect, it } from 'vitest'
import { putImage, startRegistry, tinyImage } from '../../../lib/testing/index.js'
import { guardListener } from '../../../puller/options/guard-listener.js'
import { open } from '../../../puller/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const directory = temporaryDirectory()

describe('guardListener', () => {
  it('passes the values on, and reports only the first error', () => {
    const values: number[] = []
    const warnings: string[] = []
    const guarded = guardListener<number>(
      'onRequest',
      (value) => {
        values.push(value)
        if (value > 1) throw new Error(`no ${value}`)
      },
      (message, code) => warnings.push(`${code}: ${message}`),
    )
    for (const value of [1, 2, 3]) guarded(value)
    expect(values).toEqual([1, 2, 3])
    expect(warnings).toEqual(['listener-failed: The function onRequest threw an error: Error: no 2'])
  })

  it('ignores the errors if nobody receives warnings', () => {
    const guarded = guardListener<void>(
      'onRequest',
      () => {
        throw new Error('no')
      },
      undefined,
    )
    expect(() => guarded()).not.toThrow()
  })

  it('lets a pull succeed whose onRequest throws', async () => {
    const registry = await startRegistry()
    const warnings: string[] = []
    let calls = 0
    try {
      await putImage(registry, 'team/app', '1', tinyImage())
      const windlass = await open({
        store: `${directory}/store`,
        onRequest: () => {
          calls++
          throw new Error('listener')
        },
        onWarning: (_, code) => warnings.push(code),
      })
      await windlass.pull(`${registry.host}/team/app:1`, { platform: 'linux/amd64' }).done
      await windlass.close()
    } finally {
      await registry.close()
    }
    expect(calls).toBeGreaterThan(2)
    expect(warnings).toEqual(['listener-failed'])
  })
})
