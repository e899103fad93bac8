/** Provides valid inputs of every format, which the fuzzer mutates. */
import { corpus } from '../corpus/index.js'
import {
  bytesOf,
  dockerList,
  dockerManifest,
  ociIndex,
  ociManifest,
  schema1,
  addSignatures,
} from '../documents/documents.js'
import { encodeLayer, tocFormats } from '../toc/encode.js'
import { tinyImage } from '../../lib/testing/images/index.js'

const text = (...all: readonly string[]): Buffer[] => all.map((each) => Buffer.from(each))
const blobs = corpus.flatMap(({ layers }) => layers).filter(({ length }) => length > 0 && length < 40_000)
const startsWith = (blob: Buffer, ...heads: readonly string[]): boolean =>
  heads.some((head) => blob.subarray(0, head.length / 2).toString('hex') === head)

export const gzips = blobs.filter((blob) => startsWith(blob, '1f8b08'))
export const zstds = blobs.filter((blob) => startsWith(blob, '28b52ffd', '502a4d18'))
export const tars = blobs.filter(
  (blob) => blob.length >= 512 && blob.toString('latin1', 257, 262) === 'ustar',
)

const image = tinyImage()
export const manifests = [ociManifest, dockerManifest, ociIndex, dockerList, schema1]
  .map(bytesOf)
  .concat(image.manifest.bytes, addSignatures(JSON.stringify(schema1, undefined, 3)))
export const configs = [
  image.config.bytes,
  bytesOf({
    os: 'linux',
    architecture: 'arm64',
    variant: 'v8',
    created: '2024-01-01T00:00:00Z',
    config: { Env: ['PATH=/bin'], Cmd: ['sh'], Labels: { a: 'b' }, ExposedPorts: { '80/tcp': {} } },
    rootfs: { type: 'layers', diff_ids: [image.config.digest] },
    history: [{ created_by: 'x', empty_layer: true }],
  }),
]
export const challenges = text(
  'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/alpine:pull"',
  'Basic realm="a \\"quoted\\" realm", charset="UTF-8"',
  'Negotiate, Bearer realm=x,error="invalid_token", Basic realm="y"',
  'Negotiate YWJjZA==',
)
export const links = text(
  '</v2/library/alpine/tags/list?last=3.9&n=100>; rel="next"',
  '<https://registry.example/v2/x/tags/list?n=1>; rel="prev next"; title="a, b", </x>; rel=last',
)
export const references = text(
  'alpine',
  'docker.io/library/alpine:3.20',
  'localhost:5000/team/app:1.0@sha256:' + 'a'.repeat(64),
  '[::1]:5000/a/b_c__d-e.f:tag',
  'registry.example:443/x@sha512:' + 'b'.repeat(128),
)
export const headers = text(
  'Wed, 21 Oct 2015 07:28:00 GMT',
  '120',
  'bytes 0-499/1234',
  'bytes */1234',
  'bytes 5-9/*',
)
export const bodies = text(
  '{"token":"abc","access_token":"def","expires_in":300,"issued_at":"2024-01-01T00:00:00Z"}',
  '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"x"}}]}',
  '{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"},"r.example":{"identitytoken":"x"}},"credHelpers":{"a":"b"}}',
)
/** Tables of contents of a layer with files of several chunks. */
export const tocs = tocFormats.map((format) => {
  let json = Buffer.alloc(0)
  encodeLayer(
    [
      { path: 'd/' },
      { path: 'd/a', content: 'x'.repeat(3_000), xattrs: { 'user.a': 'b' } },
      { path: 'd/b', content: 'this is b' },
      { path: 'l', type: 'symlink', linkTarget: 'd/a' },
      { path: 'null', type: 'character-device', device: { major: 1, minor: 3 } },
    ],
    {
      ...{ format, chunkBytes: 1_000, memberBytes: 100 },
      change: (toc) => {
        json = Buffer.from(JSON.stringify(toc))
        return toc
      },
    },
  )
  return json
})
