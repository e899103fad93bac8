/** Cases of headers that contradict the body. */
import { gzipSync } from 'node:zlib'
import { mediaTypes } from '../../../lib/image/documents/media-types.js'
import { faults, type FaultMoment } from '../../../lib/testing/index.js'
import { casesOf } from '../case.js'
import type { CaseHost } from '../case-host.js'

const header = casesOf('headers')

const vouched = 'the bytes have the size and the digest that were asked for'

const typed = (id: string, type: string, why: string, warns = false) =>
  header(
    `manifest-served-as-${id}`,
    type === '' ? 'a manifest without `Content-Type`' : `a manifest under the \`Content-Type\` \`${type}\``,
    { why, warns },
    (host) => host.putImage({ contentType: type }),
  )

/** Serves an image and sets one header in the responses that `moment` selects. */
const withHeader = (host: CaseHost, name: string, value: string, moment: FaultMoment): void => {
  host.putImage()
  host.registry.addFault(faults.header(name, value, moment))
}

const encoded = (encoding: string) =>
  header(
    `blob-encoding-${encoding}`,
    `blobs as they are, under \`Content-Encoding: ${encoding}\``,
    { why: vouched },
    (host) => withHeader(host, 'content-encoding', encoding, { kind: 'blob' }),
  )

export const headerCases = [
  typed('octet-stream', 'application/octet-stream', 'the type says nothing; the body does'),
  typed('binary', 'binary/octet-stream', 'the type says nothing; the body does'),
  typed('json', 'application/json', 'the type says nothing; the body does'),
  typed('text', 'text/plain; charset=utf-8', 'the type says nothing; the body does'),
  typed('nothing', '', 'the body says what it is'),
  typed('charset', `${mediaTypes.ociManifest}; charset=utf-8`, 'parameters do not count'),
  typed('upper-case', mediaTypes.ociManifest.toUpperCase(), 'media types have no case'),
  typed('docker-manifest', mediaTypes.dockerManifest, 'both types say that it is an image', true),
  header(
    'manifest-served-as-schema1',
    'a manifest under the type of a schema 1 manifest',
    { expected: 'MANIFEST_INVALID', why: 'two readers would see two documents (CVE-2021-41190)' },
    (host) => host.putImage({ contentType: mediaTypes.dockerSchema1Signed }),
  ),
  header(
    'docker-type-over-untyped',
    "an OCI manifest without `mediaType` under Docker's type",
    { why: 'what says no type contradicts none' },
    (host) => host.putImage({ manifest: { mediaType: undefined }, contentType: mediaTypes.dockerManifest }),
  ),
  header(
    'index-served-as-manifest',
    'an index under the type of an image manifest',
    { expected: 'MANIFEST_INVALID', why: 'two readers would see two documents (CVE-2021-41190)' },
    (host) => host.putIndex([{ ...host.putImage({ tag: null }) }], {}, mediaTypes.ociManifest),
  ),
  header(
    'manifest-and-index',
    'a document that is both a manifest and an index',
    { expected: 'MANIFEST_INVALID', why: 'two readers would see two documents (CVE-2021-41190)' },
    (host) => host.putImage({ manifest: { manifests: [] } }),
  ),
  encoded('aws-chunked'),
  encoded('utf-8'),
  encoded('x-gzip'),
  encoded('gzip'),
  encoded('identity'),
  header(
    'blob-encoding-empty',
    'blobs as they are, under an empty `Content-Encoding`',
    { why: vouched },
    (host) => withHeader(host, 'content-encoding', '', { kind: 'blob' }),
  ),
  header(
    'manifest-encoding-aws-chunked',
    'a manifest as it is, under `Content-Encoding: aws-chunked`',
    { why: vouched },
    (host) => withHeader(host, 'content-encoding', 'aws-chunked', { kind: 'manifest' }),
  ),
  header(
    'manifest-encoded',
    'a manifest that is compressed on the way, and says so, though nobody asked for it',
    { why: 'decoded it has its digest' },
    (host) => {
      host.putImage()
      host.registry.addFault(
        faults.body(
          (body) => gzipSync(body),
          { kind: 'manifest', status: 200 },
          { 'content-encoding': 'gzip' },
        ),
      )
    },
  ),
  header(
    'config-encoded',
    'blobs that are compressed on the way, and say so, though nobody asked for it',
    { why: 'decoded they have their digest' },
    (host) => {
      host.putImage({ layers: [host.putLayer(host.layerOf('case', 'none'), mediaTypes.ociLayer)] })
      host.registry.addFault(
        faults.body((body) => gzipSync(body), { kind: 'blob', status: 200 }, { 'content-encoding': 'gzip' }),
      )
    },
  ),
  header('blob-served-as-page', 'blobs under `text/html`', { why: vouched }, (host) =>
    withHeader(host, 'content-type', 'text/html', { kind: 'blob' }),
  ),
  header('blob-chunked', 'blobs without `Content-Length`, in chunks', { why: vouched }, (host) => {
    host.putImage()
    host.registry.addFault(faults.chunked({ kind: 'blob' }))
  }),
  header(
    'blob-chunked-and-length',
    'blobs in chunks that have a `Content-Length`, too',
    { why: vouched },
    (host) => {
      host.putImage()
      host.registry.addFault(
        faults.answer(
          ({ headers, body, ...answer }) => ({
            ...answer,
            body,
            headers: { ...headers, 'transfer-encoding': 'chunked', 'content-length': String(body.length) },
          }),
          { kind: 'blob' },
        ),
      )
    },
  ),
  header('manifest-chunked', 'a manifest without `Content-Length`, in chunks', { why: vouched }, (host) => {
    host.putImage()
    host.registry.addFault(faults.chunked({ kind: 'manifest' }))
  }),
  header(
    'head-without-length',
    'a registry whose answer to HEAD says `Content-Length: 0`',
    { why: 'what GET brings has its digest' },
    (host) => {
      host.putImage()
      host.registry.addFault(
        faults.answer(
          (answer, { method }) =>
            method === 'HEAD'
              ? { ...answer, headers: { ...answer.headers, 'content-length': '0' } }
              : undefined,
          { kind: 'any' },
        ),
      )
    },
  ),
  header(
    'head-other-length',
    'a registry whose answer to HEAD has another length than its answer to GET',
    { why: 'what GET brings has its digest' },
    (host) => {
      host.putImage()
      host.registry.addFault(
        faults.answer(
          (answer, { method }) =>
            method === 'HEAD'
              ? { ...answer, headers: { ...answer.headers, 'content-length': '7' } }
              : undefined,
          { kind: 'manifest' },
        ),
      )
    },
  ),
  header(
    'head-without-type',
    'a registry whose answer to HEAD has no `Content-Type`',
    { why: 'what GET brings has one' },
    (host) => {
      host.putImage()
      host.registry.addFault(
        faults.answer(
          (answer, { method }) => {
            const { 'content-type': type, ...rest } = answer.headers
            return method === 'HEAD' && type !== undefined ? { ...answer, headers: rest } : undefined
          },
          { kind: 'manifest' },
        ),
      )
    },
  ),
  header(
    'head-refused',
    'a registry that answers HEAD with 405',
    { why: 'what GET brings has its digest' },
    (host) => {
      host.putImage()
      host.registry.addFault(
        faults.answer(
          (_, { method }) =>
            method === 'HEAD' ? { status: 405, headers: {}, body: Buffer.alloc(0) } : undefined,
          { kind: 'any' },
        ),
      )
    },
  ),
  header(
    'without-digest-header',
    'a registry that sends no `Docker-Content-Digest`',
    { why: 'the digest is that of the bytes' },
    (host) => {
      host.putImage()
      host.registry.addFault(
        faults.answer(
          ({ headers, ...answer }) => {
            const { 'docker-content-digest': digest, ...rest } = headers
            return digest === undefined ? undefined : { ...answer, headers: rest }
          },
          { kind: 'any' },
        ),
      )
    },
  ),
]
