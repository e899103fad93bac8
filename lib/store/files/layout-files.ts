/** The two files by which a store is known, and what stands in the one that every OCI image layout has. */

/** Image-spec, image-layout.md, "oci-layout file". */
export const layoutFile = 'oci-layout'
export const layoutVersion = '1.0.0'
/** Whether a layout that says so is one that this program cannot read: of an image-spec to come. */
export const isNewerLayout = (version: unknown): boolean =>
  typeof version === 'string' && !version.startsWith('1.')
export const layoutText = `${JSON.stringify({ imageLayoutVersion: layoutVersion })}\n`

/** Says that the store is ours, and of which version. */
export const versionFile = 'windlass.json'

/** The version of all that is beside the layout; raised when an older program could misread it. */
export const storeVersion = 1
export const versionText = `${JSON.stringify({ version: storeVersion })}\n`
