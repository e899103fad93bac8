import { describe, expect, it } from 'vitest'
import { mediaTypes } from '../../../lib/image/index.js'
import { buildImage, buildIndex } from '../../../lib/testing/images/index.js'
import { Workbench } from '../../support/workbench.js'
import { descriptorOf, putAttached, putInStore, served } from './stored.js'

const bench = new Workbench()

const amd64 = buildImage({ layers: [{ entries: [{ path: 'a', content: 'amd64' }] }] })
const arm64 = buildImage({
  layers: [{ entries: [{ path: 'a', content: 'arm64' }] }],
  platform: { os: 'linux', architecture: 'arm64' },
})
const index = buildIndex([amd64, arm64])
const docker = buildImage({ layers: [{ entries: [{ path: 'b', content: 'docker' }] }], format: 'docker' })

const directory = bench.path()
await putInStore(directory, {
  'docker.io/library/alpine:3.20': { index, image: amd64 },
  'docker.io/library/alpine:3.19': amd64,
  'docker.io/library/alpine:edge': docker,
  [`docker.io/library/byhash@${amd64.manifest.digest}`]: amd64,
  'quay.io/team/app:1': docker,
})
const { get, status } = served(directory)
const body = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer())

describe('a manifest of the served store', () => {
  it('by tag is what the name was resolved to, with its type and its digest', async () => {
    const response = await get('library/alpine/manifests/3.20')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(mediaTypes.ociIndex)
    expect(response.headers.get('docker-content-digest')).toBe(index.manifest.digest)
    expect(response.headers.get('content-length')).toBe(String(index.manifest.size))
    expect(await body(response)).toEqual(index.manifest.bytes)
  })

  it('has the bytes that were pulled, and the type of Docker if it is Docker’s', async () => {
    const response = await get('library/alpine/manifests/edge')
    expect(response.headers.get('content-type')).toBe(mediaTypes.dockerManifest)
    expect(await body(response)).toEqual(docker.manifest.bytes)
  })

  it('has the same headers for HEAD, and no body', async () => {
    const [head, whole] = [
      await get('library/alpine/manifests/3.20', {}, 'HEAD'),
      await get('library/alpine/manifests/3.20'),
    ]
    expect(head.status).toBe(200)
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(whole.headers))
    expect(await body(head)).toHaveLength(0)
  })

  it('by digest is the index, or the image selected from it, whatever is accepted', async () => {
    for (const { manifest } of [index, amd64]) {
      const response = await get(`library/alpine/manifests/${manifest.digest}`, { accept: 'text/html' })
      expect(await body(response)).toEqual(manifest.bytes)
      expect(response.headers.get('docker-content-digest')).toBe(manifest.digest)
    }
    expect(await status(`library/alpine/manifests/${arm64.manifest.digest}`)).toBe(404)
  })

  it('by tag is the selected image for a client that accepts no index', async () => {
    const response = await get('library/alpine/manifests/3.20', { accept: mediaTypes.ociManifest })
    expect(response.headers.get('docker-content-digest')).toBe(amd64.manifest.digest)
    const both = { accept: `${mediaTypes.ociManifest};q=0.5, ${mediaTypes.ociIndex}` }
    const preferred = await get('library/alpine/manifests/3.20', both)
    expect(preferred.headers.get('docker-content-digest')).toBe(index.manifest.digest)
    for (const accept of ['*/*', 'application/*', ''])
      expect(await status('library/alpine/manifests/3.20', { accept })).toBe(200)
  })

  it('by tag is unknown to a client that accepts neither', async () => {
    const response = await get('library/alpine/manifests/3.20', { accept: mediaTypes.dockerManifest })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ errors: [{ code: 'MANIFEST_UNKNOWN' }] })
  })

  it('is not sent again to a client that has it', async () => {
    const first = await get('library/alpine/manifests/3.20')
    const again = await get('library/alpine/manifests/3.20', { 'if-none-match': first.headers.get('etag')! })
    expect(again.status).toBe(304)
    expect(await body(again)).toHaveLength(0)
  })

  it('of another repository is unknown, although the store has it', async () => {
    const response = await get(`team/app/manifests/${amd64.manifest.digest}`, {})
    expect(response.status).toBe(404)
    expect(await status(`team/app/manifests/${amd64.manifest.digest}?ns=quay.io`)).toBe(404)
    expect(await status(`team/app/manifests/1?ns=quay.io`)).toBe(200)
  })

  it('is never a config or a layer', async () => {
    for (const digest of amd64.blobs.keys())
      expect(await status(`library/alpine/manifests/${digest}`)).toBe(404)
  })

  it('is unknown under what is neither a tag nor a digest', async () => {
    for (const reference of ['missing', 'sha256:12', 'md5:00', '.hidden', '%20'])
      expect(await status(`library/alpine/manifests/${reference}`)).toBe(404)
  })
})

describe('the tags of the served store', () => {
  const tags = async (query: string) => {
    const response = await get(`library/alpine/tags/list${query}`)
    return {
      ...((await response.json()) as object),
      status: response.status,
      link: response.headers.get('link'),
    }
  }

  it('are listed in the order of their bytes', async () => {
    expect(await tags('')).toEqual({
      ...{ name: 'library/alpine', tags: ['3.19', '3.20', 'edge'], status: 200, link: null },
    })
  })

  it('come in pages, each with a link to the next', async () => {
    const first = await tags('?n=2')
    expect(first).toMatchObject({ tags: ['3.19', '3.20'] })
    expect(first.link).toBe('</v2/library/alpine/tags/list?n=2&last=3.20>; rel="next"')
    expect(await tags('?n=2&last=3.20')).toMatchObject({ tags: ['edge'], link: null })
    expect(await tags('?last=3.1')).toMatchObject({ tags: ['3.19', '3.20', 'edge'] })
    expect(await tags('?n=0')).toMatchObject({ tags: [], link: null })
    expect(await tags('?n=3')).toMatchObject({ tags: ['3.19', '3.20', 'edge'], link: null })
  })

  it('keep ns in the link', async () => {
    const response = await get('library/alpine/tags/list?n=1&ns=docker.io')
    expect(response.headers.get('link')).toContain('ns=docker.io')
  })

  it('are refused for a number that is none', async () => {
    expect(await tags('?n=-1')).toMatchObject({
      ...{ status: 400, errors: [{ code: 'PAGINATION_NUMBER_INVALID' }] },
    })
  })

  it('are none for a name with a digest, which names no tag', async () => {
    expect(await (await get('library/byhash/tags/list')).json()).toEqual({ name: 'library/byhash', tags: [] })
    expect(await status(`library/byhash/manifests/${amd64.manifest.digest}`)).toBe(200)
  })

  it('of an unknown repository are an error', async () => {
    const response = await get('library/unknown/tags/list')
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ errors: [{ code: 'NAME_UNKNOWN' }] })
  })
})

describe('the referrers of a manifest', () => {
  const referring = bench.path()

  it('are an index of the manifests whose subject it is, named or not, filtered by type', async () => {
    await putInStore(referring, { 'quay.io/team/app:1': docker, 'quay.io/team/other:1': amd64 })
    const sbom = await putAttached(
      referring,
      descriptorOf(docker.manifest),
      'text/sbom',
      'quay.io/team/app:sbom',
    )
    const signature = await putAttached(referring, sbom, 'text/signature', 'quay.io/team/app:sig')
    const { get: ask } = served(referring)
    const list = async (digest: string, query = '') => {
      const response = await ask(`quay.io/team/app/referrers/${digest}${query}`)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe(mediaTypes.ociIndex)
      const { manifests } = (await response.json()) as { manifests: unknown[] }
      return { manifests, filters: response.headers.get('oci-filters-applied') }
    }
    const entry = { ...sbom, artifactType: 'text/sbom', annotations: { about: 'text/sbom' } }
    expect(await list(docker.manifest.digest)).toEqual({ manifests: [entry], filters: null })
    expect((await list(sbom.digest)).manifests).toMatchObject([{ digest: signature.digest }])
    expect(await list(docker.manifest.digest, '?artifactType=text/other')).toEqual({
      ...{ manifests: [], filters: 'artifactType' },
    })
    expect((await list(docker.manifest.digest, '?artifactType=text/sbom')).manifests).toEqual([entry])
    expect((await list(amd64.manifest.digest)).manifests).toEqual([])
    expect((await ask('quay.io/team/other/tags/list')).status).toBe(200)
  })

  it('are refused for what is not a digest', async () => {
    const response = await get('library/alpine/referrers/latest')
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ errors: [{ code: 'DIGEST_INVALID' }] })
  })
})
