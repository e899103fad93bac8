/** Pushes blobs to a registry while they are generated, without holding them in memory or on a disk. */
import { createHash } from 'node:crypto'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

export interface PushedBlob {
  readonly digest: string
  readonly size: number
}

export interface PushedLayer extends PushedBlob {
  readonly diffId: string
}

/** Passes all data through, and computes its digest and size. */
class Hashing extends Transform {
  readonly #hash = createHash('sha256')
  size = 0

  get digest(): string {
    return `sha256:${this.#hash.copy().digest('hex')}`
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.#hash.update(chunk)
    this.size += chunk.length
    done(null, chunk)
  }
}

/**
 * Pushes a layer.
 * @param target `http://host/v2/repository`
 */
export async function pushLayer(target: string, archive: Iterable<Buffer>): Promise<PushedLayer> {
  const [plain, zipped] = [new Hashing(), new Hashing()]
  const zip = createGzip({ level: 4, chunkSize: 256 * 1024 })
  await Promise.all([
    pipeline(Readable.from(archive), plain, zip, zipped),
    upload(target, zipped, () => zipped.digest),
  ])
  return { diffId: plain.digest, digest: zipped.digest, size: zipped.size }
}

/** Pushes a JSON document as a blob. */
export async function pushBytes(target: string, document: object): Promise<PushedBlob> {
  const bytes = Buffer.from(JSON.stringify(document))
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  await upload(target, Readable.from([bytes]), () => digest)
  return { digest, size: bytes.length }
}

export interface Manifest extends Readonly<Record<string, unknown>> {
  readonly mediaType: string
}

export async function pushManifest(target: string, tag: string, manifest: Manifest): Promise<void> {
  const headers = { 'content-type': manifest.mediaType }
  await send(`${target}/manifests/${tag}`, { method: 'PUT', headers, body: JSON.stringify(manifest) })
}

/** Uploads with PATCH, because the digest is not known before the last byte, and states the digest at the end. */
async function upload(target: string, content: Readable, digest: () => string): Promise<void> {
  const at = await send(`${target}/blobs/uploads/`, { method: 'POST' })
  const body = Readable.toWeb(content) as ReadableStream<Uint8Array> // the same class with a different type
  const headers = { 'content-type': 'application/octet-stream' }
  const end = new URL(await send(at, { method: 'PATCH', headers, body, duplex: 'half' }))
  end.searchParams.set('digest', digest())
  await send(end.href, { method: 'PUT' })
}

/**
 * Sends a request and returns its `Location`.
 * @throws Error when the registry refuses it
 */
async function send(url: string, request: RequestInit): Promise<string> {
  const answer = await fetch(url, request)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${request.method ?? 'GET'} ${url}: ${answer.status} ${text.slice(0, 200)}`)
  return new URL(answer.headers.get('location') ?? '', url).href
}
