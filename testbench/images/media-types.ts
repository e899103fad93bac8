/** Media types of the test images, by schema. */
import type { Compression, Schema } from './test-image.js'

const oci = 'application/vnd.oci.image'
const docker = 'application/vnd.docker'

export const manifestType = (schema: Schema): string =>
  schema === 'oci' ? `${oci}.manifest.v1+json` : `${docker}.distribution.manifest.v2+json`

export const configType = (schema: Schema): string =>
  schema === 'oci' ? `${oci}.config.v1+json` : `${docker}.container.image.v1+json`

export const ociIndexType = `${oci}.index.v1+json`

const layerTypes: Record<Schema, Record<Compression, string>> = {
  oci: { plain: `${oci}.layer.v1.tar`, gzip: `${oci}.layer.v1.tar+gzip`, zstd: `${oci}.layer.v1.tar+zstd` },
  v2s2: {
    plain: `${docker}.image.rootfs.diff.tar`,
    gzip: `${docker}.image.rootfs.diff.tar.gzip`,
    zstd: `${docker}.image.rootfs.diff.tar.zstd`,
  },
}

export const layerType = (schema: Schema, compression: Compression): string => layerTypes[schema][compression]
