/** A test image as the tests know it: the digests of every form of it, and its tree by umoci. */

/** How the layers of one form are compressed. */
export type Compression = 'gzip' | 'zstd' | 'plain'
/** Which manifests a form has: `oci`, or Docker's schema 2. */
export type Schema = 'oci' | 'v2s2'
/** Names a form, and is its tag in the registry. */
export type Form = `${Schema}-${Compression}`

export interface BlobInfo {
  readonly digest: string
  readonly size: number
}

export interface ImageForm {
  readonly manifest: BlobInfo
  readonly layers: readonly BlobInfo[]
}

export interface TestImage {
  readonly name: string
  /** Where it was built: an OCI layout `oci` with a name a form, and a directory `<form>` for each of schema 2. */
  readonly directory: string
  /** The same in every form. */
  readonly imageId: string
  readonly diffIds: readonly string[]
  readonly platform: string
  readonly forms: Readonly<Partial<Record<Form, ImageForm>>>
  /** The tree as `umoci unpack` made it of the form `oci-gzip`; not there for `big`. */
  readonly rootfs: string
}

/** The form, which has to be one that the image was built in. */
export function formOf(image: TestImage, form: Form): ImageForm {
  const found = image.forms[form]
  if (found === undefined) throw new Error(`The test image ${image.name} is not built as ${form}`)
  return found
}
