import { firstValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { DownloadHistory } from '../../../lib/transfer/download-history.js'
import { sleep } from '../../support/flow-lines.js'

describe('the history of a download', () => {
  it('is ready at once before the first attempt', async () => {
    const begin = performance.now()
    await firstValueFrom(new DownloadHistory().whenReady())
    expect(performance.now() - begin).toBeLessThan(50)
  })

  it('is ready for a new request when the last attempt has ended and the delay of its retry is over', async () => {
    const history = new DownloadHistory()
    const began = performance.now()
    let ended = false
    history.recordStart(sleep(20).then(() => (ended = true)))
    history.recordFailure(1, 120)
    await firstValueFrom(history.whenReady())
    expect(ended).toBe(true)
    expect(performance.now() - began).toBeGreaterThan(110)
  })

  it('counts the attempts of all requests together', async () => {
    const history = new DownloadHistory()
    expect([1, 2].map((attempt) => history.attemptOverall(attempt))).toEqual([1, 2])
    history.recordStart(Promise.resolve())
    history.recordFailure(2, 0)
    expect(history.attemptOverall(3)).toBe(3)
    await firstValueFrom(history.whenReady())
    expect(history.attemptOverall(1)).toBe(3)
    history.recordFailure(1, 0)
    await firstValueFrom(history.whenReady())
    expect(history.attemptOverall(1)).toBe(4)
  })
})
