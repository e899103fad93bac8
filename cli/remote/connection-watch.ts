/** Bounds the time for which the connection to a server may be lost. */
import type { Connection } from '../../lib/api/client.js'
import type { WindlassError } from '../../lib/errors.js'

/** Milliseconds for which the connection may be lost: a server that is started again is back by then. */
const maxLost = 10_000

/** Watches a connection. */
export interface ConnectionWatch {
  readonly onConnection: (connection: Connection) => void
  /** Stops watching. */
  readonly end: () => void
}

/** Returns a watch that calls `fail` with the last error when the connection was lost for ten seconds. */
export function failWhenLost(fail: (error: WindlassError) => void): ConnectionWatch {
  let timer: NodeJS.Timeout | undefined
  let last: WindlassError | undefined
  const end = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  const onConnection = (connection: Connection): void => {
    if (connection.state === 'connected') {
      end()
      return
    }
    last = connection.error
    timer ??= setTimeout(() => last && fail(last), maxLost)
  }
  return { onConnection, end }
}
