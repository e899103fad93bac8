/** Traces and measures the pulls of a command if the process has an OpenTelemetry SDK. */
import type { Windlass } from '../../puller/index.js'

/** Where `@opentelemetry/api` 1 keeps what an SDK has registered, for all copies of the package in a process. */
const registry = Symbol.for('opentelemetry.js.api.1')

/** Reports whether an SDK is registered, for example by a module that `NODE_OPTIONS=--import` names. */
export const hasTelemetry = (): boolean => Object.hasOwn(globalThis, registry)

/** Instruments `windlass` if an SDK is registered. Nothing is loaded otherwise. */
export async function instrumentIfWanted(
  windlass: Windlass,
  warn: (message: string, code: string) => void,
): Promise<void> {
  if (!hasTelemetry()) return
  try {
    const { instrument } = await import('../../lib/telemetry/index.js')
    instrument(windlass)
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    warn(
      `An OpenTelemetry SDK is registered, but @opentelemetry/api cannot be loaded: ${reason}`,
      'telemetry',
    )
  }
}
