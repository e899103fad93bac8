/** Finds the references to other documents and blobs in an index, a manifest of any kind, or a config. */
import { type JsonObject, isObject } from '../../codec/json-object.js'
import { type Digest, isDigest } from '../digest/digest.js'

/**
 * What a reference leads to:
 * - `manifest`: an entry of an index, which is a manifest or another index
 * - `subject`: the manifest that a document is attached to
 * - `config`: the config of a manifest
 * - `layer`: a layer of an image, or another blob of an artifact
 * - `tree`: an unpacked layer, referenced by its diffID
 */
export type LinkRole = 'manifest' | 'subject' | 'config' | 'layer' | 'tree'

/** A reference in a document. The target has at least a digest; a schema 1 manifest states nothing else. */
export interface GraphLink<Target extends { readonly digest: string } = { readonly digest: string }> {
  readonly role: LinkRole
  readonly descriptor: Target
}

/** Returns a link with the role `manifest`, for example as the start of a walk. */
export const entryLink = <Target extends { readonly digest: string }>(
  descriptor: Target,
): GraphLink<Target> => ({ role: 'manifest', descriptor })

/** Returns whether a reference leads to a manifest or an index, which reference other content. */
export const isManifestLink = ({ role }: GraphLink): boolean => role === 'manifest' || role === 'subject'

/** A reference of which only the digest is known to be valid. */
export type DigestLink = GraphLink<{ readonly digest: Digest }>

/**
 * Returns the references in an index or manifest. Tolerates malformed documents: takes every field with a valid
 * digest, whatever the kind of the document. In garbage collection, an extra reference wastes space, but a missing one
 * loses data.
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
