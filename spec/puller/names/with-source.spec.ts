import { describe, expect, it, vi } from 'vitest'
import type { ImageRequest } from '../../../lib/stages/index.js'
import { withSource } from '../../../puller/names/with-source.js'

describe('the source of a request', () => {
  it('is closed after its use, also if that fails', async () => {
    const order: string[] = []
    const close = vi.fn(() => Promise.resolve(void order.push('closed')))
    const request = { source: { close } } as unknown as ImageRequest
    expect(await withSource(request, () => Promise.resolve(order.push('used')))).toBe(1)
    await expect(withSource(request, () => Promise.reject(new Error('it failed')))).rejects.toThrow(
      'it failed',
    )
    expect(order).toEqual(['used', 'closed', 'closed'])
  })

  it('may have nothing to close', async () => {
    expect(await withSource({ source: {} } as never, () => Promise.resolve('used'))).toBe('used')
  })
})
