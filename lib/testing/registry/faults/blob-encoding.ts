/** Faults of the `Content-Encoding` of a layer: codings that were not requested, and wrong claims of one. */
import { deflateSync, gzipSync } from 'node:zlib'
import { faults } from '../fault.js'
import { layerFault } from './blob-fault.js'
import type { CataloguedFault } from '../scene/catalogued.js'

/** Faults of the `Content-Encoding` of a layer. */
export const blobEncodingFaults: readonly CataloguedFault[] = [
  layerFault('encoding-gzip', 'sends the layer with a correct `Content-Encoding: gzip`', 'image', (moment) =>
    faults.body((good) => gzipSync(good), moment, { 'content-encoding': 'gzip' }),
  ),
  layerFault(
    'encoding-gzip-bomb',
    'sends a layer with `Content-Encoding: gzip` that decompresses to 64 MiB',
    'REGISTRY_RESPONSE',
    (moment) => faults.body(() => gzipSync(Buffer.alloc(2 ** 26)), moment, { 'content-encoding': 'gzip' }),
    { bytes: 400 * 1024 },
  ),
  layerFault(
    'encoding-gzip-cut',
    'sends the layer with `Content-Encoding: gzip`, truncated',
    'REGISTRY_RESPONSE',
    (moment) => faults.body((good) => gzipSync(good).subarray(0, -9), moment, { 'content-encoding': 'gzip' }),
    { bytes: 210 * 1024 },
  ),
  ...['deflate', 'br', 'zstd', 'x-unknown', 'gzip, gzip'].map((encoding) =>
    layerFault(
      `encoding-${encoding.replace(', ', '-')}`,
      `sends an encoded layer with \`Content-Encoding: ${encoding}\``,
      'REGISTRY_RESPONSE',
      (moment) =>
        faults.body((good) => (encoding === 'deflate' ? deflateSync(good) : gzipSync(good)), moment, {
          'content-encoding': encoding,
        }),
      { bytes: 210 * 1024 },
    ),
  ),
  ...['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'aws-chunked', 'utf-8', 'gzip, gzip'].map((encoding) =>
    layerFault(
      `encoding-${encoding.replace(', ', '-')}-claimed`,
      `sends the layer unencoded, but with \`Content-Encoding: ${encoding}\``,
      'image',
      (moment) => faults.header('content-encoding', encoding, moment),
    ),
  ),
  layerFault(
    'encoding-claimed-in-pieces',
    'sends the layer unencoded, but with `Content-Encoding: aws-chunked`, and closes the connection once in the middle',
    'image',
    (moment, { size }) =>
      faults.answer(
        (good, { nth }) => ({
          ...good,
          headers: { ...good.headers, 'content-encoding': 'aws-chunked' },
          ...(nth === 2 && { breakOff: { after: Math.floor(size / 2), how: 'close' as const } }),
        }),
        { ...moment, status: 200 },
      ),
    { requests: 8 },
  ),
  layerFault(
    'encoding-without-length',
    'sends the layer with `Content-Encoding: gzip` and without `Content-Length`',
    'REGISTRY_RESPONSE',
    (moment) =>
      faults.body((good) => gzipSync(good), moment, {
        'content-encoding': 'gzip',
        'transfer-encoding': 'chunked',
      }),
    { bytes: 210 * 1024 },
  ),
  layerFault('encoding-identity', 'sends the layer with `Content-Encoding: identity`', 'image', (moment) =>
    faults.header('content-encoding', 'identity', moment),
  ),
  layerFault('encoding-empty', 'sends the layer with an empty `Content-Encoding`', 'image', (moment) =>
    faults.header('content-encoding', '', moment),
  ),
]
