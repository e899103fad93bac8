/** Cases of artifacts that are not images and that other tools read. */
import { mediaTypes } from '../../../lib/image/documents/media-types.js'
import { casesOf } from '../case.js'
import type { CaseHost, CaseLayer, Members } from '../case-host.js'

const artifacts = casesOf('artifacts')

interface Artifact {
  /** Media type of the config. `empty` stands for OCI's empty config. */
  readonly config: string
  readonly layers: readonly string[]
  readonly manifest?: Members
}

/** Returns the blob of an artifact: an archive if its type requires that, else text. */
function part(host: CaseHost, type: string, at: number): CaseLayer {
  const name = `part-${at}`
  if (/\btar\+gzip$/.test(type)) return host.putLayer(host.layerOf(name), type)
  const bytes = Buffer.from(JSON.stringify({ [name]: host.id }))
  return host.putLayer({ bytes, tar: bytes }, type)
}

/** An artifact with the config of an image. */
const asImage = (host: CaseHost, layerTypes: readonly string[], layerDescriptor: Members = {}) =>
  host.putImage({ layers: layerTypes.map((type, at) => part(host, type, at)), layerDescriptor })

function put(host: CaseHost, { config, layers, manifest }: Artifact): void {
  const text = config === mediaTypes.ociEmpty ? '{}' : JSON.stringify({ name: host.id })
  const parts = layers.map((type, at) => part(host, type, at))
  host.putDocument(
    'latest',
    {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: host.putBlob(Buffer.from(text), config),
      layers: parts.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
      ...manifest,
    },
    mediaTypes.ociManifest,
  )
}

const why = 'other tools read it; as an image it means nothing'

const foreign = (id: string, what: string, serve: (host: CaseHost) => unknown) =>
  artifacts(`artifact-${id}`, what, { expected: 'UNSUPPORTED', why }, async (host) => {
    await serve(host)
    return { violation: () => host.layerViolation() }
  })

const artifact = (id: string, what: string, parts: Artifact) => foreign(id, what, (host) => put(host, parts))

const cosign = 'application/vnd.dev.cosign.simplesigning.v1+json'
const sigstore = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const encrypted = `${mediaTypes.ociLayerGzip}+encrypted`

export const artifactCases = [
  artifact('helm-chart', 'a Helm chart', {
    config: 'application/vnd.cncf.helm.config.v1+json',
    layers: ['application/vnd.cncf.helm.chart.content.v1.tar+gzip'],
  }),
  foreign('cosign-signature', 'a signature of cosign, which has the config of an image', (host) =>
    asImage(host, [cosign]),
  ),
  artifact('sigstore-bundle', 'a bundle of sigstore', {
    config: mediaTypes.ociEmpty,
    layers: [sigstore],
    manifest: { artifactType: sigstore },
  }),
  foreign('sbom-of-cosign', 'an SBOM that cosign attached', (host) => asImage(host, ['text/spdx+json'])),
  artifact('sbom', 'an SBOM, as ORAS attaches it', {
    config: mediaTypes.ociEmpty,
    layers: ['application/spdx+json'],
    manifest: { artifactType: 'application/spdx+json' },
  }),
  artifact('wasm', 'a WebAssembly component', {
    config: 'application/vnd.wasm.config.v0+json',
    layers: ['application/wasm'],
  }),
  foreign('wasm-as-image', 'a WebAssembly module with the config of an image', (host) =>
    asImage(host, ['application/vnd.wasm.content.layer.v1+wasm']),
  ),
  artifact('dev-container-feature', 'a feature of dev containers', {
    config: 'application/vnd.devcontainers',
    layers: ['application/vnd.devcontainers.layer.v1+tar'],
  }),
  foreign('encrypted', 'an image with a layer that ocicrypt encrypted', (host) =>
    asImage(host, [encrypted], { annotations: { 'org.opencontainers.image.enc.keys.jwe': 'e30=' } }),
  ),
  foreign('nydus', 'an image of Nydus', (host) =>
    asImage(host, ['application/vnd.oci.image.layer.nydus.blob.v1'], {
      annotations: { 'containerd.io/snapshot/nydus-blob': 'true' },
    }),
  ),
  foreign('buildkit-cache', 'a cache of BuildKit, an index of layers', (host) => {
    const layer = host.putLayer(host.layerOf(), mediaTypes.dockerLayerGzip)
    const { mediaType, digest, size } = layer
    host.putIndex([
      { mediaType, digest, size },
      host.putBlob(
        Buffer.from(`{"layers":[],"records":[],"id":"${host.id}"}`),
        'application/vnd.buildkit.cacheconfig.v0',
      ),
    ])
  }),
  artifact('buildkit-cache-manifest', 'a cache of BuildKit, with `image-manifest=true`', {
    config: 'application/vnd.buildkit.cacheconfig.v0',
    layers: [mediaTypes.ociLayerGzip],
  }),
  artifact('docker-plugin', 'a plugin of Docker', {
    config: 'application/vnd.docker.plugin.v1+json',
    layers: [mediaTypes.dockerLayerGzip],
  }),
  artifact('attestation-of-oras', 'an attestation as an artifact', {
    config: mediaTypes.ociEmpty,
    layers: ['application/vnd.in-toto+json'],
    manifest: { artifactType: 'application/vnd.in-toto+json' },
  }),
  foreign('attestation-of-buildkit', 'an attestation of BuildKit, asked for by itself', (host) =>
    asImage(host, ['application/vnd.in-toto+json']),
  ),
  artifact('flux', 'the configuration that Flux applies', {
    config: 'application/vnd.cncf.flux.config.v1+json',
    layers: ['application/vnd.cncf.flux.content.v1.tar+gzip'],
  }),
  artifact('singularity', 'an image of Apptainer', {
    config: 'application/vnd.sylabs.sif.config.v1+json',
    layers: ['application/vnd.sylabs.sif.layer.v1.sif'],
  }),
  artifact('model', 'a model for Docker Model Runner', {
    config: 'application/vnd.docker.ai.model.config.v0.1+json',
    layers: ['application/vnd.docker.ai.gguf.v3'],
  }),
  artifact('compose', 'an application of Docker Compose', {
    config: mediaTypes.ociEmpty,
    layers: ['application/vnd.docker.compose.file+yaml'],
    manifest: { artifactType: 'application/vnd.docker.compose.project' },
  }),
  artifact('files', 'files that ORAS pushed', {
    config: 'application/vnd.unknown.config.v1+json',
    layers: ['application/vnd.oci.image.layer.v1.tar'],
  }),
  artifact('opa-bundle', 'a bundle of the Open Policy Agent', {
    config: 'application/vnd.cncf.openpolicyagent.config.v1+json',
    layers: ['application/vnd.cncf.openpolicyagent.policy.layer.v1+rego'],
  }),
  foreign('artifact-manifest', "OCI's artifact manifest, which was given up before 1.1", (host) => {
    const mediaType = 'application/vnd.oci.artifact.manifest.v1+json'
    host.putDocument('latest', { mediaType, artifactType: 'application/spdx+json', blobs: [] }, mediaType)
  }),
]
