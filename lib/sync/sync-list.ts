/** Defines the list of images of a sync, as plain data that is the same for all formats of files. */

/** A list of images to copy between registries and layouts. */
export interface SyncList {
  /** Path of the file as it was given, or `-`. Errors name it. */
  readonly path: string
  /** Whose format the file has. */
  readonly format: 'skopeo' | 'regsync'
  readonly entries: readonly SyncEntry[]
  /** Logins and certificates of registries that the file states. */
  readonly hosts: readonly SyncHost[]
  /** Number of images to copy concurrently, if the file states it. */
  readonly parallel?: number
  /** Sentences about keys of the file that have no effect here. */
  readonly warnings: readonly string[]
}

/** Fields that all entries of a list have. */
export interface SyncEntrySettings {
  /** Line of the entry in the file, from 1. */
  readonly line: number
  /** Copy an index with everything in it. If false, the image for `platform` is copied from an index. */
  readonly allPlatforms: boolean
  /** `os/arch[/variant]` (that of this machine). Only without `allPlatforms`. */
  readonly platform?: string
  /** Also copy what belongs to the images: signatures, SBOMs, attestations. */
  readonly referrers: boolean
  /** Do not look for new referrers of images that the target has. */
  readonly fastCheck: boolean
}

/** Some images, each with its name at the source and at the target. */
export interface ImagesEntry extends SyncEntrySettings {
  readonly kind: 'images'
  readonly images: readonly ImagePair[]
}

/** The tags of a repository that filters select, copied to a repository under the same tags. */
export interface RepositoryEntry extends SyncEntrySettings {
  readonly kind: 'repository'
  /** Normalised name of a repository, `oci:DIR` for the images of a layout, or `oci:DIR:NAME` for those named `NAME:TAG`. */
  readonly source: string
  /** As `source`. */
  readonly target: string
  /** A tag is selected if one of the filters selects it. Without filters, all tags are. */
  readonly filters: readonly TagFilter[]
}

/** An entry of a list. */
export type SyncEntry = ImagesEntry | RepositoryEntry

/** Names of an image at the source and at the target: references, or `oci:DIR:NAME`. */
export interface ImagePair {
  readonly from: string
  readonly to: string
}

/** Selects tags. A tag must meet all conditions. */
export interface TagFilter {
  /** Regular expressions, one of which must match (none: all tags match). */
  readonly allow: readonly string[]
  /** Regular expressions, none of which may match. */
  readonly deny: readonly string[]
  /** Ranges of versions, one of which must contain the tag (none: tags need not be versions). */
  readonly semverRange: readonly string[]
  /** Keep the tags of so many of the highest versions. Tags that are not versions are left out. */
  readonly newest?: number
}

/** How to connect to a registry. */
export interface SyncHost {
  /** Name as in references: `docker.io`, `localhost:5000`. */
  readonly registry: string
  readonly credentials?: { readonly username: string; readonly password: string }
  /**
   * `unverified`: any certificate is accepted. `http`: without TLS. `any`: as `unverified`, or without TLS if the registry
   * does not support it, as skopeo does. Default: as for other registries.
   */
  readonly tls?: 'verified' | 'unverified' | 'any' | 'http'
  /** Trusted certificates, as PEM text. */
  readonly ca?: string
  /** Directory with certificates, as in containers-certs.d(5). */
  readonly certDir?: string
}
