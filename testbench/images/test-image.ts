/** Defines a test image. A form is the same image with another manifest schema or layer compression. */

/** Compression of the layers of a form. */
export type Compression = 'gzip' | 'zstd' | 'plain'
/** Schema of the manifests of a form: OCI, or Docker schema 2. */
export type Schema = 'oci' | 'v2s2'
/** Name of a form, which is also its tag in the registry. */
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
  /** Build directory: an OCI layout `oci` with one name per form, and a directory `<form>` for each schema 2 form. */
  readonly directory: string
  /** Image id, which is the same in every form. */
  readonly imageId: string
  readonly diffIds: readonly string[]
  readonly platform: string
  readonly forms: Readonly<Partial<Record<Form, ImageForm>>>
  /** Tree that `umoci unpack` made from the form `oci-gzip`; missing for `big`. */
  readonly rootfs: string
}

/** Returns a form of the image. Throws if the form was not built. */
export function formOf(image: TestImage, form: Form): ImageForm {
  const found = image.forms[form]
  if (found === undefined) throw new Error(`The test image ${image.name} is not built as ${form}`)
  return found
}
