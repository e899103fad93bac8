/** The registry client: what other modules use of it. */
export { holdsCertificate } from './certificates.js'
export { Credential, type CredentialParts } from './credential.js'
export {
  anonymous,
  type CredentialRequest,
  type Credentials,
  firstOf,
  keyed,
  onlyFor,
} from './credentials.js'
export { credentialsFile, type CredentialsFileOptions, requireCredentialsFile } from './credentials-file.js'
export { parseDockerConfig } from './docker-config.js'
export { Registries, type RegistriesOptions } from './registries.js'
export type { RepositoryName } from './registry-name.js'
export { Repository } from './repository.js'
export type { ManifestHead, TaggedManifest } from './manifests.js'
export { defaultTimeouts, type Timeouts } from './timeouts.js'
