/** Destroys streams. */
import type { Readable } from 'node:stream'

/** Destroys a stream and resolves when it is closed. Unlike `events.once`, does not reject if the stream emits an error. */
export function destroyAndWait(stream: Readable): Promise<void> {
  stream.on('error', () => undefined)
  stream.destroy()
  return stream.closed ? Promise.resolve() : new Promise((resolve) => stream.once('close', resolve))
}
