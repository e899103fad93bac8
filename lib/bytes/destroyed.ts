/** Destroys streams. */
import type { Readable } from 'node:stream'

/** Destroys a stream and resolves when it is closed. Unlike `events.once`, does not reject on an error before that. */
export function destroyed(stream: Readable): Promise<void> {
  stream.on('error', () => undefined)
  stream.destroy()
  return stream.closed ? Promise.resolve() : new Promise((resolve) => stream.once('close', resolve))
}
