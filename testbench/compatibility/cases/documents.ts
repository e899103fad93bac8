/** Cases of documents in which a member is null, missing, unknown, or of an unexpected type. */
import { mediaTypes } from '../../../lib/image/documents/media-types.js'
import { casesOf } from '../case.js'

const document = casesOf('documents')

const clear = 'the digest holds and what the document means is clear'
const absent = 'null says as much as a field that is absent'
const unneeded = 'nothing that is pulled depends on the field'

const manifests = [
  document(
    'manifest-without-schema-version',
    'a manifest without `schemaVersion`',
    { why: clear, warns: true },
    (host) => host.putImage({ manifest: { schemaVersion: undefined } }),
  ),
  document(
    'manifest-schema-version-null',
    'a manifest whose `schemaVersion` is null',
    { why: clear, warns: true },
    (host) => host.putImage({ manifest: { schemaVersion: null } }),
  ),
  document(
    'manifest-without-media-type',
    'an OCI manifest without `mediaType`, as image-spec 1.0 has them',
    { why: clear },
    (host) => host.putImage({ manifest: { mediaType: undefined } }),
  ),
  document('manifest-media-type-null', 'a manifest whose `mediaType` is null', { why: absent }, (host) =>
    host.putImage({ manifest: { mediaType: null } }),
  ),
  document('manifest-media-type-empty', 'a manifest whose `mediaType` is ""', { why: absent }, (host) =>
    host.putImage({ manifest: { mediaType: '' } }),
  ),
  document('manifest-annotations-null', 'a manifest whose `annotations` are null', { why: absent }, (host) =>
    host.putImage({ manifest: { annotations: null } }),
  ),
  document(
    'manifest-annotations-number',
    'a manifest with an annotation that is a number',
    { why: unneeded, warns: true },
    (host) => host.putImage({ manifest: { annotations: { 'org.example.build': 7 } } }),
  ),
  document(
    'manifest-unknown-fields',
    'a manifest, a descriptor and a config with members that no specification knows',
    { why: 'specifications grow: unknown members are passed over' },
    (host) =>
      host.putImage({
        manifest: { artifactType: null, provenance: { by: ['a', 1, null] } },
        layerDescriptor: { newUrls: null, checksum: 7 },
        config: { moby: { x: 1 }, parent: null, throwaway: true },
      }),
  ),
  document(
    'manifest-subject-unknown-algorithm',
    'a manifest whose `subject` has a digest of blake3',
    { why: 'a subject is only mentioned: nobody asks for it', warns: true },
    (host) =>
      host.putImage({
        manifest: {
          subject: {
            mediaType: mediaTypes.ociManifest,
            digest: `blake3:${'0a'.repeat(32)}`,
            size: 7,
          },
        },
      }),
  ),
  document('manifest-subject-null', 'a manifest whose `subject` is null', { why: absent }, (host) =>
    host.putImage({ manifest: { subject: null } }),
  ),
  document(
    'manifest-artifact-type-empty',
    'an image whose manifest has `artifactType` ""',
    { why: absent },
    (host) => host.putImage({ manifest: { artifactType: '' } }),
  ),
]

const typed = (id: string, what: string, mediaType: string | null | undefined, warns = true) =>
  document(
    `config-type-${id}`,
    `a config descriptor whose \`mediaType\` is ${what}`,
    { why: 'it is told by what it is: a config', warns },
    (host) => host.putImage({ configDescriptor: { mediaType } }),
  )

const descriptors = [
  typed('missing', 'missing', undefined),
  typed('null', 'null', null),
  typed('empty', '""', ''),
  typed('html', '`text/html`', 'text/html', false),
  typed('octet-stream', '`application/octet-stream`', 'application/octet-stream', false),
  typed('json', '`application/json`', 'application/json', false),
  ...(
    [
      ['missing', 'missing', undefined],
      ['null', 'null', null],
      ['empty', '""', ''],
    ] as const
  ).map(([id, what, mediaType]) =>
    document(
      `layer-type-${id}`,
      `a layer descriptor whose \`mediaType\` is ${what}`,
      { why: 'it is told by what it is: a tar archive, in gzip', warns: true },
      (host) => host.putImage({ layerDescriptor: { mediaType } }),
    ),
  ),
  document(
    'types-mixed',
    'an OCI manifest with a config and layers of Docker types',
    { why: clear },
    (host) =>
      host.putImage({
        configDescriptor: { mediaType: mediaTypes.dockerConfig },
        layerDescriptor: { mediaType: mediaTypes.dockerLayerGzip },
      }),
  ),
  document(
    'types-mixed-docker',
    'a Docker manifest with a config and layers of OCI types, as BuildKit made them',
    { why: clear },
    (host) =>
      host.putImage({
        manifest: { mediaType: mediaTypes.dockerManifest },
        contentType: mediaTypes.dockerManifest,
      }),
  ),
  document(
    'descriptor-nulls',
    'descriptors whose `urls`, `annotations`, `data`, `platform` and `artifactType` are null',
    { why: absent },
    (host) => {
      const nulls = { urls: null, annotations: null, data: null, platform: null, artifactType: null }
      host.putImage({ configDescriptor: nulls, layerDescriptor: nulls })
    },
  ),
  document(
    'descriptor-data',
    'a layer whose descriptor embeds something else as `data`',
    { why: 'the blob is fetched, and its digest counts' },
    (host) => host.putImage({ layerDescriptor: { data: Buffer.from('other bytes').toString('base64') } }),
  ),
  document(
    'descriptor-urls-empty',
    'layers with an empty list of `urls`',
    { why: 'a list of none is none' },
    (host) => host.putImage({ layerDescriptor: { urls: [] } }),
  ),
  document(
    'layer-platform-odd',
    'a layer whose descriptor has a `platform` without `os`',
    { why: 'the platform of a layer is only mentioned', warns: true },
    (host) => host.putImage({ layerDescriptor: { platform: { architecture: 'amd64' } } }),
  ),
  document(
    'config-size-missing',
    'a config descriptor without `size`',
    { expected: 'MANIFEST_INVALID', why: 'without a size nothing bounds what is read' },
    (host) => host.putImage({ configDescriptor: { size: undefined } }),
  ),
  document(
    'layer-size-off-by-one',
    'a layer whose size is one byte too large, as a registry made `docker push` believe',
    {
      expected: 'SIZE_MISMATCH',
      why: 'a size that is not that of the blob is how a download that broke off shows',
    },
    (host) => {
      const layer = host.putLayer()
      host.putImage({ layers: [{ ...layer, size: layer.size + 1 }] })
    },
  ),
  document(
    'layer-size-negative',
    'a layer whose size is below zero',
    { expected: 'MANIFEST_INVALID', why: 'without a size nothing bounds what is read' },
    (host) => host.putImage({ layerDescriptor: { size: -1 } }),
  ),
  document(
    'layer-digest-missing',
    'a layer without `digest`',
    { expected: 'MANIFEST_INVALID', why: 'nothing vouches for its bytes' },
    (host) => host.putImage({ layerDescriptor: { digest: undefined } }),
  ),
]

export const documentCases = [...manifests, ...descriptors]
