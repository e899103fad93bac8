/** The registry client: the exports for other modules. */
export { holdsCertificate } from './policy/certificates.js'
export { Credential, type CredentialParts } from './credentials/credential.js'
export {
  anonymous,
  type CredentialRequest,
  type Credentials,
  firstOf,
  byRegistry,
  onlyFor,
} from './credentials/credentials.js'
export {
  credentialsFile,
  type CredentialsFileOptions,
  requireCredentialsFile,
} from './credentials/credentials-file.js'
export { parseDockerConfig } from './credentials/docker-config.js'
export { Registries, type RegistriesOptions, type RepositorySource } from './registries.js'
export type { RepositoryName } from './policy/registry-name.js'
export { Repository } from './api/repository.js'
export { TargetRepository } from './push/target-repository.js'
export type { ManifestHead, ManifestWithEtag } from './api/manifests.js'
export { defaultTimeouts, type Timeouts } from './policy/timeouts.js'
