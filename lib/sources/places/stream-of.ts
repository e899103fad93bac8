/** Makes streams of asynchronous generators that wait for other streams. */
import { Readable } from 'node:stream'

/**
 * Returns a stream of the chunks of `generator`. When the stream is destroyed, `stop` is called first: a generator that
 * waits does not notice it, and the stream would not close before it goes on.
 */
export function streamOf(generator: AsyncGenerator<Buffer, void, undefined>, stop: () => void): Readable {
  const stream = Readable.from(generator, { objectMode: false })
  const destroy = stream._destroy.bind(stream)
  stream._destroy = (error, done) => {
    stop()
    destroy(error, done)
  }
  return stream
}
