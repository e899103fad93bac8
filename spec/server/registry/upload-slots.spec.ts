import { describe, expect, it } from 'vitest'
import { UploadSlots } from '../../../server/registry/upload-slots.js'

describe('the slots of uploads', () => {
  it('are at most as many as allowed, and free again once, however often they are freed', () => {
    const slots = new UploadSlots(2)
    const [first, second] = [slots.take()!, slots.take()!]
    expect(slots.take()).toBeUndefined()
    first()
    first()
    expect(slots.used).toBe(1)
    expect(slots.take()).toBeDefined()
    expect(slots.take()).toBeUndefined()
    second()
    expect(slots.used).toBe(1)
  })
})
