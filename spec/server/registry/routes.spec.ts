import { readFile, readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { buildImage } from '../../../lib/testing/images/index.js'
import { Workbench } from '../../support/workbench.js'
import { putInStore, served } from './stored.js'

const bench = new Workbench()

const image = buildImage({ layers: [{ entries: [{ path: 'a', content: 'a' }] }] })
const directory = bench.path()
await putInStore(directory, {
  'docker.io/library/alpine:3.20': image,
  '127.0.0.1:5000/app:1': image,
  'quay.io/team/app:1': image,
})
const { get, status } = served(directory)

describe('the registry', () => {
  it('answers the ping as a registry of version 2', async () => {
    const response = await get('')
    expect(response.status).toBe(200)
    expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0')
    expect(await response.json()).toEqual({})
  })

  it('serves an image under every name that clients and mirrors ask for', async () => {
    for (const path of [
      'library/alpine/manifests/3.20',
      'alpine/manifests/3.20',
      'docker.io/library/alpine/manifests/3.20',
      'library/alpine/manifests/3.20?ns=docker.io',
      'alpine/manifests/3.20?ns=registry-1.docker.io',
      'app/manifests/1?ns=127.0.0.1:5000',
      '127.0.0.1_5000/app/manifests/1',
      '127.0.0.1:5000/app/manifests/1',
      'team/app/manifests/1?ns=quay.io',
      'quay.io/team/app/manifests/1',
    ])
      expect([path, await status(path)]).toEqual([path, 200])
    for (const path of [
      'library/alpine/manifests/3.20?ns=quay.io',
      'team/app/manifests/1',
      'app/manifests/1',
    ])
      expect([path, await status(path)]).toEqual([path, 404])
  })

  it('answers the same to the requests of Spegel, and asks nobody else', async () => {
    const mirrored = { 'x-spegel-mirrored': 'true' }
    expect(await status('library/alpine/manifests/3.20?ns=docker.io', mirrored)).toBe(200)
    expect(await status('library/busybox/manifests/1?ns=docker.io', mirrored)).toBe(404)
    expect(await status('library/busybox/manifests/1?ns=docker.io')).toBe(404)
  })

  it('refuses every push, and changes nothing', async () => {
    const before = await readFile(`${directory}/index.json`)
    const blobs = await readdir(`${directory}/blobs/sha256`)
    for (const [method, path] of [
      ['POST', 'library/alpine/blobs/uploads/'],
      ['POST', `library/alpine/blobs/uploads/?mount=${image.config.digest}&from=library/alpine`],
      ['PATCH', 'library/alpine/blobs/uploads/1'],
      ['PUT', 'library/alpine/manifests/3.20'],
      ['DELETE', 'library/alpine/manifests/3.20'],
      ['DELETE', `library/alpine/blobs/${image.config.digest}`],
    ] as const) {
      const response = await get(path, {}, method)
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toBe('GET, HEAD')
      expect(await response.json()).toMatchObject({ errors: [{ code: 'UNSUPPORTED' }] })
    }
    expect(await readFile(`${directory}/index.json`)).toEqual(before)
    expect(await readdir(`${directory}/blobs/sha256`)).toEqual(blobs)
  })

  it('answers with the errors of the spec to what is not there', async () => {
    const code = async (path: string): Promise<unknown> => {
      const response = await get(path)
      const { errors } = (await response.json()) as { errors: { code: string }[] }
      return [response.status, errors[0]?.code]
    }
    expect(await code('library/unknown/manifests/1')).toEqual([404, 'NAME_UNKNOWN'])
    expect(await code('library/alpine/manifests/1')).toEqual([404, 'MANIFEST_UNKNOWN'])
    expect(await code(`library/alpine/blobs/sha256:${'0'.repeat(64)}`)).toEqual([404, 'BLOB_UNKNOWN'])
    expect(await code('library/alpine/blobs/1')).toEqual([400, 'DIGEST_INVALID'])
    expect(await code('NO NAME/manifests/1')).toEqual([400, 'NAME_INVALID'])
    expect(await code('_catalog')).toEqual([404, 'UNSUPPORTED'])
    expect(await code('library/alpine/blobs/uploads/1')).toEqual([404, 'UNSUPPORTED'])
  })

  it('bounds the rate of requests, in the form of the spec', async () => {
    const { get: ask } = served(directory, { rate: { perSecond: 0.001, burst: 2 } })
    expect([(await ask('')).status, (await ask('')).status]).toEqual([200, 200])
    const refused = await ask('')
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(await refused.json()).toMatchObject({ errors: [{ code: 'TOOMANYREQUESTS' }] })
  })
})
