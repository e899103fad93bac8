/** Builds and signs schema 1 images as Docker's libtrust did, without the code under test. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { digestOf, type Digest } from '../../lib/image/digest/digest.js'

/** An entry of the history, with the blob of its layer. */
export interface Schema1Entry {
  readonly blob: Digest
  /** Members of the v1 config. `id` and `parent` are generated if they are missing. */
  readonly v1?: Readonly<Record<string, unknown>>
}

export interface Schema1Key {
  readonly alg: 'ES256' | 'RS256'
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** Returns an image id of schema 1. */
export const idOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * Returns a manifest as `docker push` wrote it in 2014: top layer first, indented by three spaces.
 * @param entries base first
 */
export function schema1Payload(entries: readonly Schema1Entry[], more: object = {}): Buffer {
  const ids = entries.map(({ v1 }, at) => (typeof v1?.['id'] === 'string' ? v1['id'] : idOf(`layer ${at}`)))
  const history = entries.map(({ v1 }, at) => ({
    v1Compatibility: JSON.stringify({
      id: ids[at],
      ...(at > 0 && { parent: ids[at - 1] }),
      created: '2015-04-17T22:01:13.062208605Z',
      container_config: { Cmd: ['/bin/sh', '-c', `step ${at} && <more>`] },
      ...v1,
    }),
  }))
  const manifest = {
    schemaVersion: 1,
    name: 'library/old',
    tag: 'latest',
    architecture: 'amd64',
    fsLayers: entries.map(({ blob }) => ({ blobSum: blob })).reverse(),
    history: history.reverse(),
    ...more,
  }
  return Buffer.from(JSON.stringify(manifest, undefined, 3))
}

/** The v1 config of the top layer, with the runtime config of the image. */
export const topConfig = {
  docker_version: '1.9.1',
  architecture: 'amd64',
  os: 'linux',
  config: { Env: ['PATH=/bin', 'A=<b>&c'], Cmd: ['/hello'] },
  Size: 17,
} as const

/** Generates a key pair for `alg`. */
export function generateKey(alg: Schema1Key['alg']): Schema1Key {
  return alg === 'ES256'
    ? { alg, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }
    : { alg, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) }
}

const base64url = (text: string | Buffer): string => Buffer.from(text).toString('base64url')

/** Returns libtrust's JSON signature of the protected header, a dot, and the payload, both in base64url. */
export function signatureOf(payload: Buffer, { alg, privateKey, publicKey }: Schema1Key): object {
  const head = payload.lastIndexOf('\n}')
  const header = {
    formatLength: head,
    formatTail: base64url(payload.subarray(head)),
    time: '2015-04-17T22:01:13Z',
  }
  const encoded = base64url(JSON.stringify(header))
  const signed = sign('sha256', Buffer.from(`${encoded}.${base64url(payload)}`), {
    key: privateKey,
    ...(alg === 'ES256' && { dsaEncoding: 'ieee-p1363' as const }),
  })
  return {
    header: { jwk: publicKey.export({ format: 'jwk' }), alg },
    signature: base64url(signed),
    protected: encoded,
  }
}

/** Inserts `signatures` before the last brace of `payload`. */
export function withSignatures(payload: Buffer, signatures: readonly object[]): Buffer {
  const head = payload.lastIndexOf('\n}')
  const text = JSON.stringify(signatures, undefined, 3)
  return Buffer.concat([
    payload.subarray(0, head),
    Buffer.from(`,\n   "signatures": ${text}`),
    payload.subarray(head),
  ])
}

/** Signs a manifest with each key. */
export const signPayload = (payload: Buffer, ...keys: readonly Schema1Key[]): Buffer =>
  withSignatures(
    payload,
    keys.map((key) => signatureOf(payload, key)),
  )

/** Returns the digest of a blob whose bytes do not matter. */
export const someDigest = (text: string): Digest => digestOf(Buffer.from(text))
