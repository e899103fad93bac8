import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { throwIfAborted } from '../../../../lib/sinks/layout/cancelled.js'

describe('an aborted signal', () => {
  it('throws its reason if that says what happened, and otherwise CANCELLED because of it', () => {
    const reason = new WindlassError('STORE_LOCKED', 'it took too long')
    expect(() => throwIfAborted(AbortSignal.abort(reason))).toThrow(reason)
    expect(() => throwIfAborted(AbortSignal.abort('enough'))).toThrow(
      expect.objectContaining({ code: 'CANCELLED', cause: 'enough' }),
    )
  })

  it('is neither none nor one that may still abort', () => {
    expect(() => throwIfAborted(undefined)).not.toThrow()
    expect(() => throwIfAborted(new AbortController().signal)).not.toThrow()
  })
})
