import { describe, expect, it } from 'vitest'
import { isBelowApi, isSigned } from '../../../../lib/registry/policy/authorizable.js'
import { locationOf, resolveLocation } from '../../../../lib/registry/headers/location.js'

const at = (target: string) =>
  resolveLocation(`https://registry.example${target}`) ?? locationOf(new URL('https://none.example'))

describe('a signed URL', () => {
  it.each([
    'X-Amz-Signature=a',
    'x-amz-signature=a',
    'X%2DAmz%2DSignature=a',
    'X-Amz-Credential=a&X-Amz-Expires=1',
    'AWSAccessKeyId=a&Expires=1&Signature=b',
    'X-Goog-Signature=a',
    'GoogleAccessId=a&Signature=b',
    'sv=1&se=2&sig=a',
    'Policy=a&Signature=b&Key-Pair-Id=c',
    'Expires=1&Key-Pair-Id=c',
    'OSSAccessKeyId=a&Signature=b',
    'x-oss-signature=a',
    'q-sign-algorithm=sha1&q-signature=a',
    'auth_key=1-2-3-a',
    'hdnea=a',
    'a=b&sig=',
  ])('is recognized by %s', (query) => {
    expect(isSigned(at(`/v2/a?${query}`))).toBe(true)
  })

  it.each(['', 'n=100&last=sig', 'Expires=1', 'signed=a', 'design=a', 'ns=docker.io', 'digest=sha256:a'])(
    'is not recognized by %s',
    (query) => {
      expect(isSigned(at(`/v2/a?${query}`))).toBe(false)
    },
  )
})

describe('isBelowApi', () => {
  it.each(['/v2/', '/v2/a/blobs/b', '/v2/a%2Fb/tags/list?x=../..', '/v2/a..b/', '/v2//a'])(
    'is %s',
    (target) => {
      expect(isBelowApi(at(target))).toBe(true)
    },
  )

  it.each([
    '/',
    '/v2',
    '/v1/a',
    '/v2x/',
    '//v2/a',
    '/V2/a',
    '/%762/a',
    '/v2/../a',
    '/v2/%2e%2e/a',
    '/v2/%2E./a',
    '/v2/..%2fa',
    '/v2/..%2Fa',
    '/v2/%2e%2e%2fa',
    '/v2/a/..%5c..%5cb',
    '/v2/a/..\\..\\..\\b',
    '/v2?/',
  ])('rejects %s', (target) => {
    expect(isBelowApi(at(target))).toBe(false)
  })

  it('is below the path of the API of a host', () => {
    const root = '/v2/proxy/'
    expect(isBelowApi(at('/v2/proxy/a/tags/list'), root)).toBe(true)
    for (const target of [
      '/v2/',
      '/v2/a',
      '/v2/proxy',
      '/v2/proxy/../a',
      '/v2/proxy/%2e%2e/a',
      '/V2/proxy/a',
    ])
      expect(isBelowApi(at(target), root)).toBe(false)
    expect(isBelowApi(at('/anything'), '/')).toBe(true)
  })
})
