/** The images of a store in the shapes of Docker's API. Sizes are bytes, times seconds since 1970 or RFC 3339. */
import { chainIDs, parsePlatform } from '../../lib/image/index.js'
import type { DescribedImage } from '../../pipelines/index.js'
import { historyOf } from '../../pipelines/stored/history.js'
import { type DockerImage, repoDigestsOf, repoTagsOf } from './docker-images.js'

/** Size of a layer: unpacked, or compressed if it is not unpacked. */
const layerSize = ({ unpackedSize, size }: DescribedImage['layers'][number]): number => unpackedSize ?? size

/** Size of an image: that of its layers. */
export const sizeOf = ({ layers }: DescribedImage): number =>
  layers.reduce((total, layer) => total + layerSize(layer), 0)

/** Seconds since 1970; 0 if the config does not say, as dockerd shows it. */
export const createdOf = ({ config }: DescribedImage): number =>
  Math.trunc((Date.parse(config.created ?? '') || 0) / 1_000)

/** Options of a list. */
export interface ListOptions {
  /** Version of the API, as a number after `1.`. */
  readonly version: number
  readonly manifests: boolean
  /** Whether to compute what the images share. */
  readonly sharedSize: boolean
  /** All images of the store that have the entry of this one, for `manifests`. */
  readonly siblings: (image: DescribedImage) => readonly DescribedImage[]
  /** Number of images that have a layer. */
  readonly users: ReadonlyMap<string, number>
}

/** Returns an item of `GET /images/json`. */
export function listItem(found: DockerImage, options: ListOptions): Record<string, unknown> {
  const { image } = found
  const { version, manifests, sharedSize, siblings, users } = options
  const size = sizeOf(image)
  const shared = image.layers.filter(({ diffID }) => (users.get(diffID) ?? 0) > 1)
  return {
    Containers: -1,
    Created: createdOf(image),
    Id: found.id,
    Labels: image.config.config?.Labels ?? null,
    ParentId: '',
    RepoDigests: repoDigestsOf(found),
    RepoTags: repoTagsOf(found),
    SharedSize: sharedSize ? shared.reduce((total, layer) => total + layerSize(layer), 0) : -1,
    Size: size,
    ...(version < 44 && { VirtualSize: size }),
    ...(manifests &&
      version >= 47 && {
        ...(version >= 48 && { Descriptor: descriptorOf(image.root) }),
        Manifests: siblings(image).map(manifestSummary),
      }),
  }
}

const descriptorOf = ({ mediaType, digest, size }: DescribedImage['root']): Record<string, unknown> => ({
  mediaType,
  digest,
  size: size ?? 0,
})

/** Returns an item of `Manifests`: one image of an index. */
function manifestSummary(image: DescribedImage): Record<string, unknown> {
  const { manifest, layers, configSize } = image
  const content = manifest.size + configSize + layers.reduce((total, { size }) => total + size, 0)
  const unpacked = layers.reduce((total, { unpackedSize = 0 }) => total + unpackedSize, 0)
  return {
    ID: manifest.digest,
    Descriptor: { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size },
    Available: true,
    Size: { Content: content, Total: content + unpacked },
    Kind: 'image',
    ImageData: { Platform: parsePlatform(image.platform), Size: { Unpacked: unpacked }, Containers: [] },
  }
}

/** Returns the answer of `GET /images/NAME/json`. `siblings`: the images of the index, if the request asks for them. */
export function inspectShape(
  found: DockerImage,
  image: DescribedImage,
  version: number,
  siblings: readonly DescribedImage[] | undefined,
): Record<string, unknown> {
  const { config, root } = image
  const raw: ReadonlyMap<string, unknown> = new Map(Object.entries(config))
  const size = sizeOf(image)
  return {
    Id: found.id,
    RepoTags: repoTagsOf(found),
    RepoDigests: repoDigestsOf(found),
    Parent: '',
    Comment: raw.get('comment') ?? '',
    ...(config.created !== undefined && { Created: config.created }),
    ...(version < 45 && { Container: '', ContainerConfig: containerConfig(undefined) }),
    DockerVersion: raw.get('docker_version') ?? '',
    Author: config.author ?? '',
    Config: version < 50 ? containerConfig(config.config) : (config.config ?? {}),
    Architecture: config.architecture,
    ...(config.variant !== undefined && { Variant: config.variant }),
    Os: config.os,
    ...(config['os.version'] !== undefined && { OsVersion: config['os.version'] }),
    Size: size,
    ...(version < 44 && { VirtualSize: size }),
    GraphDriver: { Data: null, Name: 'windlass' },
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: '0001-01-01T00:00:00Z' },
    ...(version >= 48 && { Descriptor: descriptorOf(root) }),
    ...(version >= 48 && siblings && { Manifests: siblings.map(manifestSummary) }),
  }
}

/** Returns a config with the fields of a container, which versions before 1.50 have. */
const containerConfig = (config: DescribedImage['config']['config']): Record<string, unknown> => ({
  ...{ Hostname: '', Domainname: '', User: '', AttachStdin: false, AttachStdout: false, AttachStderr: false },
  ...{ Tty: false, OpenStdin: false, StdinOnce: false, Env: null, Cmd: null, Image: '', Volumes: null },
  ...{ WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: null },
  ...config,
})

/** Returns the answer of `GET /images/NAME/history`: the latest step first. */
export function historyShape(found: DockerImage, image: DescribedImage): Record<string, unknown>[] {
  const items = historyOf(image.config, image.layers).map((step) => ({
    Id: '<missing>',
    Created: Math.trunc((Date.parse(step.created ?? '') || 0) / 1_000),
    CreatedBy: step.createdBy,
    Tags: null as string[] | null,
    Size: step.size ?? 0,
    Comment: step.comment,
  }))
  const [top] = items
  if (top) [top.Id, top.Tags] = [found.id, repoTagsOf(found)]
  return items
}

/** Returns the chain IDs of the layers of an image, base first: Docker names unpacked layers by them. */
export const chainsOf = ({ config }: DescribedImage): readonly string[] => chainIDs(config.rootfs.diff_ids)
