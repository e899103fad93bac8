/** Pushes small images through the API of a registry, optionally with an error that correct tools do not produce. */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Distribution } from './distribution.js'
import { bash } from './run-tool.js'

export const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export interface SmallImage {
  /** `<host>/<repository>:<tag>` */
  readonly reference: string
  readonly manifest: string
  readonly layer: string
  readonly diffId: string
}

/** Errors to put into an image. */
export interface ImageErrors {
  /** Difference between the size in the manifest and the real size of the layer. */
  readonly layerSize?: number
  /** Wrong diffID in the config. */
  readonly diffId?: string
}

async function putBlob(repository: string, bytes: Buffer): Promise<void> {
  const start = await fetch(`${repository}/blobs/uploads/`, { method: 'POST' })
  const location = new URL(start.headers.get('location') ?? '', repository)
  location.searchParams.set('digest', sha256(bytes))
  const put = await fetch(location, { method: 'PUT', body: new Uint8Array(bytes) })
  if (put.status !== 201)
    throw new Error(`The registry answered ${put.status} to a blob: ${await put.text()}`)
}

/** Pushes an image of one layer with one file: 20 kB of a program, which compress badly, and `content`. */
export async function pushSmallImage(
  { host }: Distribution,
  name: string,
  content: string,
  errors: ImageErrors = {},
): Promise<SmallImage> {
  const tar = await smallTar(content)
  const layer = gzipSync(tar)
  const diffId = errors.diffId ?? sha256(tar)
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [diffId] },
    }),
  )
  const oci = 'application/vnd.oci.image'
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${oci}.manifest.v1+json`,
      config: { mediaType: `${oci}.config.v1+json`, digest: sha256(config), size: config.length },
      layers: [
        {
          mediaType: `${oci}.layer.v1.tar+gzip`,
          digest: sha256(layer),
          size: layer.length + (errors.layerSize ?? 0),
        },
      ],
    }),
  )
  const repository = `http://${host}/v2/${name}`
  for (const blob of [layer, config]) await putBlob(repository, blob)
  const headers = { 'content-type': `${oci}.manifest.v1+json` }
  const put = await fetch(`${repository}/manifests/latest`, {
    method: 'PUT',
    headers,
    body: new Uint8Array(manifest),
  })
  if (put.status !== 201)
    throw new Error(`The registry answered ${put.status} to a manifest: ${await put.text()}`)
  return { reference: `${host}/${name}:latest`, manifest: sha256(manifest), layer: sha256(layer), diffId }
}

async function smallTar(content: string): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'windlass-small-'))
  try {
    await bash(
      directory,
      `mkdir -p tree/etc; head -c 20000 /usr/bin/perl > tree/etc/data; echo '${content}' >> tree/etc/data`,
    )
    await bash(directory, 'tar -C tree -cf layer.tar --sort=name --mtime=@1700000000 .')
    return await readFile(join(directory, 'layer.tar'))
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Changes a blob in the storage of the registry, which then serves the changed bytes under the old digest. */
export async function tamper(
  registry: Distribution,
  digest: string,
  change: (bytes: Buffer) => Buffer,
): Promise<void> {
  const [algorithm = '', hex = ''] = digest.split(':')
  const path = join(registry.storage, 'docker/registry/v2/blobs', algorithm, hex.slice(0, 2), hex, 'data')
  await writeFile(path, change(await readFile(path)))
}
