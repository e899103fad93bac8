/** Finds the references in a document of any kind: an index, a manifest of an image, an artifact or schema 1, a config. */
import { type JsonObject, isObject } from '../../codec/json-object.js'
import { type Digest, isDigest } from '../digest/digest.js'

/**
 * What a reference leads to:
 * - `manifest`: an entry of an index, which is a manifest or another index
 * - `subject`: the manifest that a document is attached to
 * - `config`: the config of a manifest
 * - `layer`: a layer of an image, or another blob of an artifact
 * - `tree`: an unpacked layer; its digest is the diffID
 */
export type LinkRole = 'manifest' | 'subject' | 'config' | 'layer' | 'tree'

/** A reference in a document. A schema 1 manifest knows only the digests of its layers. */
export interface GraphLink<Target extends { readonly digest: string } = { readonly digest: string }> {
  readonly role: LinkRole
  readonly descriptor: Target
}

/** Returns the link to a manifest or an index, as an index has one to each of its entries. */
export const entryLink = <Target extends { readonly digest: string }>(
  descriptor: Target,
): GraphLink<Target> => ({ role: 'manifest', descriptor })

/** Returns whether a reference leads to a manifest or an index, which reference other content. */
export const isManifestLink = ({ role }: GraphLink): boolean => role === 'manifest' || role === 'subject'

/** A reference of which only the digest is known to be valid. */
export type DigestLink = GraphLink<{ readonly digest: Digest }>

/**
 * Returns the references in an index or manifest. Tolerant of malformed documents: takes every field that has a valid
 * digest, whatever the kind of the document. For garbage collection, an extra reference costs space, a missing one
 * costs data.
 */
export function documentLinks(document: JsonObject): DigestLink[] {
  const { manifests, subject, config, layers, blobs, fsLayers } = document
  return [
    ...linksIn('manifest', manifests),
    ...linksIn('subject', [subject]),
    ...linksIn('config', [config]),
    ...linksIn('layer', layers),
    ...linksIn('layer', blobs),
    ...linksIn('layer', fsLayers, 'blobSum'),
  ]
}

/** Returns the unpacked layers that a config lists by diffID. As tolerant as `documentLinks`. */
export function configLinks({ rootfs }: JsonObject): DigestLink[] {
  const diffIDs: unknown = isObject(rootfs) ? rootfs['diff_ids'] : undefined
  const digests: readonly unknown[] = Array.isArray(diffIDs) ? diffIDs : []
  return digests.filter(isDigest).map((digest) => ({ role: 'tree', descriptor: { digest } }))
}

function linksIn(role: LinkRole, list: unknown, key = 'digest'): DigestLink[] {
  const entries: readonly unknown[] = Array.isArray(list) ? list : []
  return entries
    .map((entry) => (isObject(entry) ? entry[key] : undefined))
    .filter(isDigest)
    .map((digest) => ({ role, descriptor: { digest } }))
}
