/**
 * Defines the hosts that serve a registry: its mirrors, and the registry itself. Configuration files of containerd,
 * Podman and Docker name them.
 */
import type { RepositoryName } from '../policy/registry-name.js'

/** How to verify a host, and how to identify to it. */
export interface HostTls {
  /** Certificates to trust besides those of the connections, as PEM text. */
  readonly ca?: string
  /** Client certificates with their keys, as PEM text. */
  readonly client?: readonly { readonly certificate: string; readonly key: string }[]
  /** Accept any certificate (default false). */
  readonly skipVerify?: boolean
  /** If the host does not support TLS, use plain HTTP (default false). */
  readonly allowsPlainHttp?: boolean
}

/** What the requests for a manifest may contain: `all` names, only `digests`, or only `tags`. */
export type ManifestNames = 'all' | 'digests' | 'tags'

/** A host that serves a repository. */
export interface RegistryHost {
  /** Host name or address, with a port if it is not that of the scheme: `mirror.lan:5000`. */
  readonly host: string
  /** Default: that which `endpointOf` selects for a registry of this name. */
  readonly scheme?: 'http' | 'https'
  /** Path of the API, which starts and ends with a slash. Default: `/v2/`. */
  readonly apiPath?: string
  /** Name of the repository on this host: `library/alpine`, `proxy/library/alpine`. */
  readonly repository: string
  /**
   * Which manifests this host is asked for (default `all`). Blobs are requested from every host except one for `tags`
   * that has not served the manifest.
   */
  readonly manifests?: ManifestNames
  /** Value of the query field `ns`, by which a mirror of several registries knows the one that is meant. */
  readonly namespace?: string
  /**
   * Headers of all requests to this host, with names in lower case. They may contain secrets, and are not sent to another
   * host. Headers that a request has for another reason take precedence.
   */
  readonly headers?: Readonly<Record<string, string>>
  /** Includes what `HostConfiguration.tlsOf` returns for the host, over which the settings of this host have precedence. */
  readonly tls?: HostTls
  /** Milliseconds for the name resolution, the TCP connection and the TLS handshake, each. */
  readonly dialTimeout?: number
}

/** The hosts of a repository, as configured. */
export interface RepositoryHosts {
  /** Hosts to try before the registry, in this order. */
  readonly mirrors: readonly RegistryHost[]
  /** The registry itself. Undefined: the host and repository in the name of the image. */
  readonly registry?: RegistryHost
  /** If true, only the mirrors may be contacted, and not the registry (default false). */
  readonly usesMirrorsOnly?: boolean
  /** Path of the file that forbids images of this repository. */
  readonly blockedBy?: string
  /** Path of the file that names these hosts. Undefined if none does. */
  readonly configuredBy?: string
}

/** Where a user configured hosts and certificates. */
export interface HostConfiguration {
  /**
   * Returns the hosts of a repository.
   * @throws USAGE when a file that concerns the repository cannot be read or parsed; CANCELLED
   */
  hostsOf(repositoryName: RepositoryName, request?: HostRequest): Promise<RepositoryHosts>
  /**
   * Returns the certificates for a host, of whichever registry: `registry.lan`, `mirror.lan:5000`. Undefined if there are none.
   * @throws as `hostsOf`
   */
  tlsOf(host: string, request?: HostRequest): Promise<HostTls | undefined>
}

/** Options of a lookup. */
export interface HostRequest {
  readonly signal?: AbortSignal | undefined
  /** Receives problems that were ignored: a code for programs and a sentence for users. Contains no secret. */
  readonly onWarning?: ((code: string, message: string) => void) | undefined
}
