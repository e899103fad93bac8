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
export { configuredHelpers } from './credentials/configured-helpers.js'
export { credentialsVariable } from './credentials/credentials-variable.js'
export { type KeyStyle, type Login, LoginFile, type LoginPlace } from './credentials/save/login-file.js'
export { parseCredentialKey } from './credentials/credential-key.js'
export { parseDockerConfig } from './credentials/docker-config.js'
export {
  type ImageRegistries,
  Registries,
  type RegistriesOptions,
  type RepositoryAtOptions,
  type RepositorySource,
} from './registries.js'
export { type RepositoryName, canonicalRegistry } from './policy/registry-name.js'
export { readCertificateDirectory } from './hosts/files/certificate-files.js'
export { HostFiles } from './hosts/files/host-files.js'
export { mergeTls } from './hosts/merge-tls.js'
export { Repository } from './api/repository.js'
export { TargetRepository } from './push/target-repository.js'
export type { ManifestWithEtag } from './api/manifests.js'
export type {
  HostConfiguration,
  HostRequest,
  HostTls,
  ManifestNames,
  RegistryHost,
  RepositoryHosts,
} from './hosts/registry-hosts.js'
export { type FileHostConfiguration, hostConfiguration } from './hosts/configuration/host-configuration.js'
export type { HostConfigurationOptions } from './hosts/host-places.js'
export { type ShortNameCandidate, type ShortNames, resolveShortName } from './hosts/containers/short-name.js'
export type { ShortNameAlias } from './hosts/containers/aliases.js'
export type { ShortNameMode } from './hosts/containers/registries-conf.js'
export type { ClientCertificate } from './policy/trust.js'
export type { HostTimeouts } from './http/channel.js'
export { defaultTimeouts, type Timeouts } from './policy/timeouts.js'
export type { LoginResponse } from './api/check-login.js'
