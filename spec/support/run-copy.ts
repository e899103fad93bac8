/** Runs the line of a copy, and tells what it emitted. */
import type { PullEventBody } from '../../lib/events/index.js'
import { Flow, Scope, run } from '../../lib/flow/index.js'
import { type ImageSource, parsePlatform } from '../../lib/image/index.js'
import { type CopiedImage, toPullEvent } from '../../lib/stages/index.js'
import { copy, copyStages, type CopyParts, type CopyStages } from '../../pipelines/index.js'

export interface RunCopy extends CopyParts {
  readonly source: ImageSource
  /** Tag or digest at the source. */
  readonly from: string
  readonly platform?: string
  readonly change?: (stages: CopyStages) => Partial<CopyStages>
  readonly signal?: AbortSignal
}

export interface RanCopy {
  readonly image: CopiedImage
  readonly events: readonly PullEventBody[]
}

const retry = { attempts: 3, delay: 0, longestRetryAfter: 0 }

export async function runCopy({
  source,
  from,
  platform = 'linux/amd64',
  change = () => ({}),
  signal,
  ...parts
}: RunCopy): Promise<RanCopy> {
  const scope = new Scope()
  const events: PullEventBody[] = []
  scope.events.subscribe((event) => {
    const body = toPullEvent(event)
    if (body) events.push(body)
  })
  const bound = copyStages({ retry, ...parts })
  const name = `${source.host}/${source.repository ?? ''}:${from}`
  const request = { name, typed: name, target: from, digest: undefined, source }
  const images: CopiedImage[] = []
  const flow = Flow.of({ ...request, platform: parsePlatform(platform) })
  const running = run(flow.pipe(copy({ ...bound, ...change(bound) })), (image) => [images.push(image)], scope)
  signal?.addEventListener('abort', () => running.cancel(signal.reason), { once: true })
  try {
    await running.done
  } finally {
    await running.closed()
  }
  return { image: images[0]!, events }
}
