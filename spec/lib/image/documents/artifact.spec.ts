import { describe, expect, it } from 'vitest'
import {
  checkIsImage,
  checkLayerTypes,
  artifactIndexError,
} from '../../../../lib/image/documents/artifact.js'
import type { Descriptor } from '../../../../lib/image/documents/descriptor.js'
import { mediaTypes } from '../../../../lib/image/documents/media-types.js'
import { descriptor } from '../../../../testbench/documents/documents.js'
import { failure } from '../../../support/image/failure.js'

const about = { reference: 'registry.test/app:1' }
const of = (mediaType: string, more: Partial<Descriptor> = {}): Descriptor =>
  ({ ...descriptor(mediaType), ...more }) as Descriptor
const image = { config: of(mediaTypes.ociConfig), layers: [of(mediaTypes.ociLayerGzip)] }

describe('checkIsImage', () => {
  it.each([
    mediaTypes.ociConfig,
    mediaTypes.dockerConfig,
    mediaTypes.ociConfig.toUpperCase(),
    ...['application/octet-stream', 'binary/octet-stream', 'application/json', 'text/html', 'text/plain'],
  ])('takes a config of the type %s for one of an image', (type) => {
    expect(() => checkIsImage({ ...image, config: of(type) })).not.toThrow()
  })

  it('accepts an image that also has an artifactType', () => {
    expect(() => checkIsImage({ ...image, artifactType: 'application/vnd.acme.app' })).not.toThrow()
  })

  it.each([
    ['application/vnd.cncf.helm.config.v1+json', 'a Helm chart', 'helm pull'],
    ['application/vnd.docker.plugin.v1+json', 'a Docker plugin', 'docker plugin install'],
    ['application/vnd.buildkit.cacheconfig.v0', 'a BuildKit cache', '--cache-from'],
    ['application/vnd.wasm.config.v0+json', 'a WebAssembly module', 'WebAssembly runtime'],
    ['application/vnd.devcontainers', 'a dev container feature or template', 'devcontainer.json'],
    ['application/vnd.cncf.flux.config.v1+json', 'a Flux artifact', 'flux pull'],
    ['application/vnd.docker.ai.model.config.v0.1+json', 'an AI model', 'docker model pull'],
    ['application/vnd.acme.rocket.config.v1+json', 'an artifact of another kind', 'oras pull'],
  ])('says that a config of the type %s makes %s, and what reads it', (type, what, reader) => {
    const error = failure(() => checkIsImage({ ...image, config: of(type) }, about))
    expect(error).toMatchObject({ code: 'UNSUPPORTED', exitCode: 8, subject: about })
    expect(error.message).toBe(`${about.reference} is not a container image, but ${what} (${type})`)
    expect(error.hint).toContain(reader)
  })

  it.each([
    [{ artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json' }, 'a Sigstore bundle'],
    [{ artifactType: 'application/vnd.cncf.notary.signature' }, 'a Notation signature'],
    [{ layers: [of('application/spdx+json')] }, 'an SBOM'],
    [{ layers: [of('application/vnd.cyclonedx+json')] }, 'an SBOM'],
    [{ layers: [of('application/vnd.in-toto+json')] }, 'an attestation'],
    [{ layers: [of('application/wasm')] }, 'a WebAssembly module'],
  ])('looks at the artifact and its layers where the config is empty: %j', (change, what) => {
    const error = failure(() => checkIsImage({ ...image, config: of(mediaTypes.ociEmpty), ...change }, about))
    expect(error.message).toContain(`but ${what} (`)
  })
})

describe('checkLayerTypes', () => {
  it.each([
    ...[mediaTypes.ociLayer, mediaTypes.dockerLayerZstd, mediaTypes.ociForeignLayerGzip],
    ...['', 'application/octet-stream', 'application/x-tar', 'application/gzip', 'application/vnd.acme.tar'],
    'application/vnd.docker.container.image.rootfs.diff+x-gtar',
  ])('takes a layer of the type %j: its bytes tell what it is', (type) => {
    expect(() => checkLayerTypes([of(type)])).not.toThrow()
  })

  it.each([
    [of('application/vnd.oci.image.layer.v1.tar+gzip+encrypted'), 'an image with encrypted layers'],
    [of('application/vnd.oci.image.layer.nydus.blob.v1'), 'a Nydus image'],
    [
      of(mediaTypes.ociLayerGzip, { annotations: { 'containerd.io/snapshot/nydus-bootstrap': 'true' } }),
      'a Nydus image',
    ],
    [of('application/vnd.dev.cosign.simplesigning.v1+json'), 'a cosign signature'],
    [of('application/vnd.acme.rocket'), 'an image with layers of a kind that is not supported'],
  ])('refuses a layer of $mediaType: %#', (layer, what) => {
    const error = failure(() => checkLayerTypes([of(mediaTypes.ociLayer), layer], about))
    expect(error).toMatchObject({ code: 'UNSUPPORTED', subject: { ...about, digest: layer.digest } })
    expect(error.message).toContain(`is not a container image, but ${what} (`)
  })
})

describe('artifactIndexError', () => {
  const platform = { os: 'linux', architecture: 'amd64' }
  it('returns undefined for an index that lists an image or nothing', () => {
    const manifests = [
      of('application/vnd.buildkit.cacheconfig.v0'),
      of(mediaTypes.ociManifest, { platform }),
    ]
    expect(artifactIndexError({ manifests })).toBeUndefined()
    expect(artifactIndexError({ manifests: [] })).toBeUndefined()
  })

  it('names the kind of artifacts that an index lists', () => {
    const cache = [of(mediaTypes.dockerLayerGzip), of('application/vnd.buildkit.cacheconfig.v0')]
    expect(artifactIndexError({ manifests: cache }, about)?.message).toContain('a BuildKit cache')
    const signatures = [of(mediaTypes.ociManifest, { artifactType: 'application/vnd.cncf.notary.signature' })]
    expect(artifactIndexError({ manifests: signatures })?.message).toContain('a Notation signature')
    const others = [of(mediaTypes.ociManifest, { artifactType: 'application/vnd.acme' })]
    expect(artifactIndexError({ manifests: others })?.message).toContain('an index of artifacts')
  })
})
