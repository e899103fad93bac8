/** The registry client: what other modules use of it. */
export { holdsCertificate } from './certificates.js'
export { Credential } from './credential.js'
export { anonymous, firstOf, onlyFor, type Credentials } from './credentials.js'
export { parseDockerConfig, readDockerConfig } from './docker-config.js'
export { Registries, type RegistriesOptions, type RepositoryName } from './registries.js'
export { Repository } from './repository.js'
export type { ManifestHead, TaggedManifest } from './manifests.js'
export { defaultTimeouts, type Timeouts } from './timeouts.js'
