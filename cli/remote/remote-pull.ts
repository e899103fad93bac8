/** Follows a pull of a server as if it ran here. */
import { Observable, shareReplay } from 'rxjs'
import type { WindlassClient } from '../../lib/api/client.js'
import { type ErrorRecord, type ImageResult, type PullEvent, WindlassError } from '../../lib/events/index.js'
import { failWhenLost } from './connection-watch.js'
import type { FollowedPull } from '../setup/progress-flags.js'

/** A pull of a server. */
export interface RemotePull extends FollowedPull<ImageResult> {
  /** Stops following. The pull goes on. */
  leave(reason: unknown): void
}

/**
 * Follows the pull `id`. `done` resolves to the image, or rejects with the error of the pull; NETWORK if the server is lost for long,
 * PULL_ENDED if it ended during the pull.
 */
export function followRemote(client: WindlassClient, id: string): RemotePull {
  const stop = new AbortController()
  // Shared, so that the display and the result come from one stream; it ends for the display also when the stream fails.
  const source = eventsUntil(client, id, stop.signal).pipe(shareReplay({ refCount: false }))
  const done = resultOf(source)
  done.catch(() => undefined) // reported by those who wait for it
  const events = new Observable<PullEvent>((listener) =>
    source.subscribe({
      next: (event) => listener.next(event),
      error: () => listener.complete(),
      complete: () => listener.complete(),
    }),
  )
  return { events, done, closed: () => Promise.resolve(), leave: (reason) => stop.abort(reason) }
}

/** Emits the events of the pull until `signal` aborts, then fails with its reason. */
const eventsUntil = (client: WindlassClient, id: string, signal: AbortSignal): Observable<PullEvent> =>
  new Observable((listener) => {
    const abort = (): void => listener.error(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    const { onConnection, end } = failWhenLost((error) => listener.error(error))
    listener.add(end)
    listener.add(() => signal.removeEventListener('abort', abort))
    listener.add(client.events(id, { onConnection }).subscribe(listener))
  })

function resultOf(events: Observable<PullEvent>): Promise<ImageResult> {
  return new Promise((resolve, reject) => {
    let image: ImageResult | undefined
    let failure: unknown
    events.subscribe({
      next: (event) => {
        if (event.type === 'image') {
          const { name, digest, mediaType, platform, imageId, size, layers, status } = event
          image = { name, digest, mediaType, platform, imageId, size, layers, status }
        }
        if (event.type === 'end' && event.error) failure = WindlassError.from(event.error as ErrorRecord)
      },
      error: reject,
      complete: () => {
        if (image && failure === undefined) resolve(image)
        else reject(failure ?? new WindlassError('CANCELLED', 'Cancelled'))
      },
    })
  })
}
