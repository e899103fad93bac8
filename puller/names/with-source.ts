/** Closes the source of a request after use. */
import type { ImageRequest } from '../../lib/stages/index.js'

/** Runs `work` and then releases what the source of the request keeps, such as the decompressed copy of an archive. */
export async function withSource<T>(
  request: ImageRequest,
  work: (request: ImageRequest) => Promise<T>,
): Promise<T> {
  try {
    return await work(request)
  } finally {
    await request.source.close?.()
  }
}
