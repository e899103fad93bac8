import { describe, expect, it } from 'vitest'
import { type ErrorCode, type FaultySide, WindlassError, errorCodes } from '../../../lib/errors.js'
import { concernsPlace, isAbsence, isFailureOfPlace, isMismatch } from '../../../lib/image/place-failure.js'

const codes = Object.keys(errorCodes) as ErrorCode[]
const those = (holds: (error: WindlassError) => boolean): ErrorCode[] =>
  codes.filter((code) => holds(new WindlassError(code, code))).sort()

describe('failures of a place', () => {
  it('are those after which another place may succeed', () => {
    const found = those(concernsPlace)
    for (const code of [
      ...(['UNAUTHORIZED', 'DENIED', 'CHALLENGE_INVALID', 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN'] as const),
      ...(['NETWORK', 'STALLED', 'TLS', 'REDIRECT_REFUSED', 'REGISTRY_RESPONSE'] as const),
      ...(['REGISTRY_UNAVAILABLE', 'TOO_MANY_REQUESTS', 'LIMIT_EXCEEDED'] as const),
      ...(['DIGEST_MISMATCH', 'SIZE_MISMATCH'] as const),
    ])
      expect(found).toContain(code)
  })

  it('are not errors of this machine, of the caller, or of the image itself', () => {
    const found = those(concernsPlace)
    for (const code of codes.filter((each) => /^(?:STORE|SIGNATURE|POLICY)_/.test(each)))
      expect(found).not.toContain(code)
    for (const code of ['CANCELLED', 'USAGE', 'INTERNAL', 'UNSUPPORTED', 'MANIFEST_UNSUPPORTED'])
      expect(found).not.toContain(code)
  })

  it('are mismatches if bytes have another digest or size', () => {
    expect(those(isMismatch)).toEqual(['DIGEST_MISMATCH', 'SIZE_MISMATCH'])
  })

  it('are not errors of other programs', () => {
    const foreign = Object.assign(new Error('reset'), { code: 'DIGEST_MISMATCH', exitCode: 6 })
    expect([concernsPlace(foreign), isMismatch(foreign), concernsPlace(undefined)]).toEqual([
      false,
      false,
      false,
    ])
  })

  it('are absences if a place does not have something, but not if a proxy says so of itself', () => {
    const of = (code: ErrorCode, faultySide?: FaultySide) => {
      const error = new WindlassError(code, code, { ...(faultySide && { faultySide }) })
      return [isAbsence(error), isFailureOfPlace(error)]
    }
    expect(of('BLOB_UNKNOWN')).toEqual([true, false])
    expect(of('MANIFEST_UNKNOWN')).toEqual([true, false])
    expect(of('NETWORK')).toEqual([false, true])
    expect(of('BLOB_UNKNOWN', 'proxy')).toEqual([false, true])
    expect(of('NETWORK', 'upstream')).toEqual([false, false])
  })
})
