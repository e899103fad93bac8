/** What belongs to an image: the manifests that refer to it, and their content. */
export { type DssePayload, dssePayload } from './dsse-envelope.js'
export {
  type ListReferrersOptions,
  listReferrers,
  maxReferrers,
  referrerUnreadable,
} from './list-referrers.js'
export { type ReadArtifactOptions, maxArtifactBytes, readArtifact } from './read-artifact.js'
export { type ReferrerKind, predicateTypeOf, referrerKind } from './referrer-kind.js'
export { type Referrer, artifactTypeOf, subjectOf } from './referrer.js'
