import { describe, expect, it } from 'vitest'
import { ResponseTimeouts } from '../../../../lib/registry/policy/response-timeouts.js'
import { defaultTimeouts } from '../../../../lib/registry/index.js'
import { faults } from '../../../../lib/testing/registry/index.js'
import { bytesOf, content, manifest, withRegistry } from '../../../support/with-registry.js'

describe('ResponseTimeouts', () => {
  it('waits more than two minutes in the last attempt, and less than five minutes in total', () => {
    const timeouts = new ResponseTimeouts(defaultTimeouts.response)
    const waits: number[] = []
    do waits.push(timeouts.timeoutFor('x'))
    while (timeouts.recordTimeout('x'))
    expect(waits).toEqual([60_000, 150_000])
    // A body may stall before that, and a layer is retried after delays of 5 s and 10 s.
    const all = waits.reduce((sum, wait) => sum + wait, defaultTimeouts.stall + 5_000 + 10_000)
    expect(all).toBeLessThan(300_000)
  })

  it('starts again with the first timeout after a response, after the last timeout, and for another key', () => {
    const timeouts = new ResponseTimeouts(1)
    timeouts.recordTimeout('x')
    expect([timeouts.timeoutFor('x'), timeouts.timeoutFor('y')]).toEqual([2.5, 1])
    timeouts.recordResponse('x')
    expect(timeouts.timeoutFor('x')).toBe(1)
    expect([timeouts.recordTimeout('x'), timeouts.recordTimeout('x'), timeouts.timeoutFor('x')]).toEqual([
      true,
      false,
      1,
    ])
  })
})

const timeouts = { response: 300, stall: 20_000 }
const silence = (retryable: boolean) => ({
  code: 'STALLED',
  retryable,
  hint: expect.stringContaining('--response-timeout') as string,
})

describe('a server that is slow to send the first byte', () => {
  it.each([
    ['headers', (late: number) => faults.slow(late, { times: Infinity })],
    [
      'body',
      (late: number) =>
        faults.wire(
          (good) => [`HTTP/1.1 200 OK\r\ncontent-length: ${good.body.length}\r\n\r\n`, late, good.body],
          { times: Infinity },
        ),
    ],
  ])('gets more time in the second attempt: %s', (_, fault) =>
    withRegistry({}, { timeouts }, async ({ repository, registry, blob }) => {
      registry.addFault(fault(450))
      await expect(repository.blob(blob).then(bytesOf)).rejects.toMatchObject(silence(true))
      expect((await bytesOf(await repository.blob(blob))).equals(content)).toBe(true)
      // After the response, the next request starts with the short timeout.
      await expect(repository.blob(blob).then(bytesOf)).rejects.toMatchObject(silence(true))
    }),
  )

  it.each([
    ['headers', faults.slow(30_000, { kind: 'any', times: Infinity })],
    ['body', faults.stall(0, { kind: 'any', times: Infinity })],
  ])('is given up if it sends nothing in the second attempt either: %s', (_, fault) =>
    withRegistry({}, { plainHttp: true, timeouts }, async ({ repository, registry }) => {
      registry.addFault(fault)
      const asked = () => repository.manifest('latest')
      await expect(asked()).rejects.toMatchObject(silence(true))
      await expect(asked()).rejects.toMatchObject(silence(false))
    }),
  )

  it('has the full document timeout from the first byte on', () =>
    withRegistry({}, { timeouts: { response: 2_000, document: 300 } }, async ({ repository, registry }) => {
      registry.addFault(
        faults.wire(
          (good) => [`HTTP/1.1 200 OK\r\ncontent-length: ${good.body.length}\r\n\r\n`, 700, good.body],
          { kind: 'manifest' },
        ),
      )
      expect((await repository.manifest('latest')).bytes).toEqual(manifest)
    }))
})
