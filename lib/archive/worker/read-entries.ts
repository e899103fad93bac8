/** Reads the entries of a layer that is not unpacked at the same time. */
import { setImmediate } from 'node:timers/promises'
import { followFile } from '../../bytes/follow-file.js'
import type { EntrySender } from '../entries/entry-sender.js'
import { teeEntries } from '../entries/tee-entries.js'
import { readLayerDirectory } from '../rootfs/layer-directory.js'
import { blobLength, completeGrowth } from './blob-length.js'
import { type EntryCounter, readLayerBlob } from './read-blob.js'
import type { ReadResult, ReadTask } from './task.js'
import type { JobContext } from './unpack-blob.js'

/** Milliseconds between two checks for cancellation. */
const checkInterval = 20
/** Weight in bytes after which the entries of a directory are sent. The entries of a blob are sent after each chunk. */
const batchBytes = 256 * 1024

/**
 * Sends the entries of a layer to `context.entries`.
 * @throws WindlassError as `readLayerBlob` for a blob; STORE_* when a tree cannot be read
 */
export async function readEntries({ layer }: ReadTask, context: JobContext): Promise<ReadResult> {
  const counter = new Counter()
  const { entries: sender } = context
  if (layer.kind === 'blob') {
    const source = followFile(layer.path, completeGrowth(await blobLength(layer.path)))
    await readLayerBlob(source, counter, layer.expected, context)
  } else {
    const handler = sender === undefined ? counter : teeEntries(counter, sender)
    await runSteps(readLayerDirectory(layer.path, handler, layer.implied), sender, context.signal)
  }
  return { entries: counter.entries }
}

async function runSteps(
  walk: ReturnType<typeof readLayerDirectory>,
  sender: EntrySender | undefined,
  signal: AbortSignal,
): Promise<void> {
  let checkedAt = performance.now()
  try {
    while (walk.next().done !== true) {
      if (sender !== undefined && sender.pendingWeight >= batchBytes) await sender.flush()
      if (performance.now() - checkedAt < checkInterval) continue
      await setImmediate()
      signal.throwIfAborted()
      checkedAt = performance.now()
    }
    await sender?.flush()
  } finally {
    walk.return()
  }
}

class Counter implements EntryCounter {
  entries = 0

  entry(): void {
    this.entries++
  }

  data(): void {}

  end(): void {}
}
