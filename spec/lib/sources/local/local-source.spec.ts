import { closeSync, openSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type Digest,
  type FetchedManifest,
  type ManifestRequest,
  digestOf,
} from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'
import {
  LocalSource,
  type OpenedBlob,
  blobOfBytes,
  blobOfFile,
} from '../../../../lib/sources/local/local-source.js'
import { openPaths } from '../../../support/open-paths.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

const directory = temporaryDirectory()
const path = join(directory, 'file')
const content = Buffer.from('0123456789')
async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe('a part of a file as a blob', () => {
  const opened = (more: { keepOpen?: boolean } = {}) => {
    writeFileSync(path, content)
    const fd = openSync(path, 'r')
    return { fd, blob: blobOfFile({ fd, start: 2, size: 6, ...more }) }
  }

  it('has the bytes of the part, and the file is closed once they are read', async () => {
    expect((await opened().blob.read()).toString()).toBe('234567')
    expect(await textOf(opened().blob.stream(1, 3) as AsyncIterable<Buffer>)).toBe('345')
    expect(await textOf(opened().blob.stream(4, Infinity) as AsyncIterable<Buffer>)).toBe('67')
    opened().blob.close()
    expect(openPaths()).not.toContain(path)
  })

  it('has fewer bytes if the file has become shorter', async () => {
    const { blob } = opened()
    truncateSync(path, 5)
    expect((await blob.read()).toString()).toBe('234')
    expect(openPaths()).not.toContain(path)
  })

  it('stays open if that is wanted', async () => {
    const { fd, blob } = opened({ keepOpen: true })
    await blob.read()
    blob.close()
    expect(openPaths()).toContain(path)
    closeSync(fd)
  })
})

describe('bytes in memory as a blob', () => {
  it('are read whole or in part', async () => {
    const blob = blobOfBytes(content)
    expect([blob.size, (await blob.read()).toString()]).toEqual([10, '0123456789'])
    for (const [offset, length, expected] of [
      [0, Infinity, '0123456789'],
      [3, 2, '34'],
      [8, 5, '89'],
    ] as const)
      expect(await textOf(blob.stream(offset, length) as AsyncIterable<Buffer>)).toBe(expected)
  })
})

/** A source of one file, which records the signals that it was given. */
class FileSource extends LocalSource {
  readonly host = '/file'
  protected readonly prefix = 'file:'
  readonly signals: (AbortSignal | undefined)[] = []

  manifest(target: string, request: ManifestRequest = {}): Promise<FetchedManifest> {
    return this.readManifest(target as Digest, request)
  }
  async *tags(): AsyncGenerator<readonly string[]> {
    yield await Promise.resolve([])
  }
  protected openBlob(_: Digest, signal?: AbortSignal): Promise<OpenedBlob> {
    this.signals.push(signal)
    return Promise.resolve(blobOfFile({ fd: openSync(path, 'r'), start: 0, size: content.length }))
  }
}

describe('a source on this machine', () => {
  const descriptor = { mediaType: 'x', digest: digestOf(content), size: content.length }

  it('has manifests up to the limit, and closes those beyond it', async () => {
    writeFileSync(path, content)
    const source = new FileSource()
    const { signal } = new AbortController()
    expect((await source.manifest(descriptor.digest, { maxBytes: 10, signal })).bytes).toEqual(content)
    await expect(source.manifest(descriptor.digest, { maxBytes: 9 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      subject: { digest: descriptor.digest },
    })
    truncateSync(path, defaultLimits.manifestBytes + 1)
    expect(source.signals).toEqual([signal, undefined])
    expect(openPaths()).not.toContain(path)
  })

  it('states the size of a blob without reading it', async () => {
    writeFileSync(path, content)
    const source = new FileSource()
    expect(await source.blobSize(descriptor.digest)).toBe(10)
    expect(openPaths()).not.toContain(path)
    const { signal } = new AbortController()
    const body = await source.blob(descriptor, { offset: 3, signal })
    expect(body).toMatchObject({ offset: 3, size: 10, validator: undefined, host: '/file' })
    expect(await textOf(body.stream as AsyncIterable<Buffer>)).toBe('3456789')
    expect(source.signals).toEqual([undefined, signal])
    expect(await source.identity()).toBe('file:/file')
  })
})
