/** Names, versions and contents of the files that identify a store. */

/** The file that marks an OCI image layout (image-spec, image-layout.md, "oci-layout file"). */
export const layoutFile = 'oci-layout'
/** The version written to `oci-layout`. */
export const layoutVersion = '1.0.0'
/** Reports whether the version belongs to a future image-spec that this program cannot read. */
export const isNewerLayout = (version: unknown): boolean =>
  typeof version === 'string' && !version.startsWith('1.')
/** The content of `oci-layout`. */
export const layoutText = `${JSON.stringify({ imageLayoutVersion: layoutVersion })}\n`

/** The file that marks a store of this program and contains its version. */
export const versionFile = 'windlass.json'

/** The version of everything in the store except the layout. Raised when an older program could misread the store. */
export const storeVersion = 1
/** The content of `windlass.json`. */
export const versionText = `${JSON.stringify({ version: storeVersion })}\n`
