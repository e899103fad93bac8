/** Ends the pull of a schema 1 image with an error that says what to do instead. */
import { WindlassError } from '../errors.js'
import { type Stage, stage } from '../flow/index.js'
import type { ImageDocument, Resolved, Schema1Document } from './elements.js'

export const refuseSchema1: Stage<Resolved<Schema1Document>, Resolved<ImageDocument>> = stage(
  ({ request }: Resolved<Schema1Document>) => {
    throw new WindlassError(
      'MANIFEST_UNSUPPORTED',
      `${request.name} is offered as a schema 1 manifest only`,
      {
        reference: request.name,
        hint: 'Push the image again with a current tool, which writes schema 2 or OCI',
      },
    )
  },
  { name: 'refuse-schema1' },
)
