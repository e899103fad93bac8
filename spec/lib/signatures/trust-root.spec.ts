import { createHash, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { log as logOf, parseTrustRoot } from '../../../lib/signatures/trust-root.js'
import { ecdsa } from '../../support/signing.js'

const der = (key = ecdsa().publicKey): Buffer => key.export({ type: 'spki', format: 'der' })
const base64 = (bytes: Buffer): string => bytes.toString('base64')
const certificate = Buffer.from('a certificate')
const authority = { certChain: { certificates: [{ rawBytes: base64(certificate) }] } }
const parse = (root: unknown) => parseTrustRoot(Buffer.from(JSON.stringify(root)), 'the file root.json')
const [start, end] = ['2024-01-01T00:00:00Z', '2025-01-01T00:00:00Z']
const validFor = { start, end }
const dates = { start: new Date(start), end: new Date(end) }

describe('a trust root', () => {
  it('has the authorities and the logs, with their times', () => {
    const key = der()
    const keyId = Buffer.from('the id of a log')
    const log = {
      ...{ baseUrl: 'https://log.test', logId: { keyId: base64(keyId) } },
      publicKey: { rawBytes: base64(key), validFor },
      checkpointKeyId: { keyId: base64(certificate) },
    }
    const root = parse({
      mediaType: 'a/b',
      certificateAuthorities: [{ ...authority, uri: 'https://ca.test', validFor }, authority],
      timestampAuthorities: [{ ...authority, uri: 'https://tsa.test', validFor }],
      ...{ tlogs: [log], ctlogs: [{ ...log, baseUrl: 'https://ct.test' }] },
    })
    expect(root.mediaType).toBe('a/b')
    const [first, second] = root.certificateAuthorities
    expect(first).toMatchObject({ uri: 'https://ca.test', validFor: dates })
    expect(first!.certChain!.certificates.map(({ rawBytes }) => rawBytes)).toEqual([certificate])
    expect(second).toMatchObject({ uri: '', validFor: { start: undefined, end: undefined } })
    expect(root.timestampAuthorities).toMatchObject([{ uri: 'https://tsa.test', validFor: dates }])
    expect(root.tlogs).toMatchObject([
      {
        ...{ baseUrl: 'https://log.test', logId: { keyId }, checkpointKeyId: { keyId: certificate } },
        publicKey: { rawBytes: key, validFor: dates },
      },
    ])
    expect(root.ctlogs).toMatchObject([{ baseUrl: 'https://ct.test', logId: { keyId } }])
  })

  it('has the keys of logs in SPKI, also if the file has them in PKCS #1', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pkcs1 = publicKey.export({ type: 'pkcs1', format: 'der' })
    for (const keyDetails of ['PKCS1_RSA_PKCS1V5', 'PKCS1_RSA_PSS']) {
      const log = { logId: { keyId: 'AAAA' }, publicKey: { rawBytes: base64(pkcs1), keyDetails } }
      const { tlogs } = parse({ certificateAuthorities: [authority], tlogs: [log] })
      expect(tlogs[0]!.publicKey!.rawBytes).toEqual(der(publicKey))
    }
  })

  it('has no logs and no timestamp authorities if the file has none', () => {
    const { tlogs, ctlogs, timestampAuthorities } = parse({ certificateAuthorities: [authority] })
    expect([tlogs, ctlogs, timestampAuthorities]).toEqual([[], [], []])
  })

  const log = { logId: { keyId: 'AAAA' }, publicKey: { rawBytes: base64(der()) } }
  it.each<[string, object]>([
    ['no certificate authority', { certificateAuthorities: [] }],
    ['no list of authorities', {}],
    ['an end that is not a date', { certificateAuthorities: [{ ...authority, validFor: { end: 'never' } }] }],
    ['a start that is a number', { certificateAuthorities: [{ ...authority, validFor: { start: 1 } }] }],
    [
      'a certificate that is not base64',
      { certificateAuthorities: [{ certChain: { certificates: [{ rawBytes: '?' }] } }] },
    ],
    [
      'an empty certificate',
      { certificateAuthorities: [{ certChain: { certificates: [{ rawBytes: '' }] } }] },
    ],
    ['a log without a key', { certificateAuthorities: [authority], tlogs: [{ logId: log.logId }] }],
    ['a log without an id', { certificateAuthorities: [authority], ctlogs: [{ publicKey: log.publicKey }] }],
    [
      'an end of a log that is not a date',
      {
        certificateAuthorities: [authority],
        tlogs: [{ ...log, publicKey: { ...log.publicKey, validFor: { end: '?' } } }],
      },
    ],
    [
      'a key that cannot be read',
      { certificateAuthorities: [authority], tlogs: [{ ...log, publicKey: { rawBytes: 'AAAA' } }] },
    ],
    [
      'a checkpoint key that is not base64',
      { certificateAuthorities: [authority], tlogs: [{ ...log, checkpointKeyId: { keyId: '?' } }] },
    ],
  ])('is refused with %s', (_, root) => {
    expect(() => parse(root)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining('the file root.json') as string,
      }),
    )
  })

  it('names a log of the policy by the hash of its key', () => {
    const key = der()
    const { logId, publicKey } = logOf(key, { validFor: dates })
    expect(logId!.keyId).toEqual(createHash('sha256').update(key).digest())
    expect(publicKey).toMatchObject({ rawBytes: key, validFor: dates })
  })
})
