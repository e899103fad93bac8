/** A layer on its way into a file, for specs of what is done with one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { GrowingFile } from '../../lib/bytes/index.js'
import { type FlowEvent, Scope, type Turn } from '../../lib/flow/index.js'
import { type Digest, type ImageSource, digestOf } from '../../lib/image/index.js'
import type { PartialJournal } from '../../lib/store/partial/partial.js'
import type { ReceivingLayer } from '../../lib/transfer/receive.js'

export interface Arrival {
  readonly layer: ReceivingLayer
  readonly file: GrowingFile
  readonly turn: Turn
  readonly events: FlowEvent[]
  /** What became of the partial download: `record …`, `discard`. */
  readonly done: string[]
}

/** Nothing of `bytes` is here yet but `before`; `journal` says how that came. */
export async function arrival(
  bytes: Buffer,
  {
    before = Buffer.alloc(0),
    journal,
    source = { host: 'h' },
    onDiscard = () => undefined,
  }: {
    readonly before?: Buffer
    readonly journal?: PartialJournal
    readonly source?: Partial<ImageSource>
    readonly onDiscard?: () => void
  } = {},
): Promise<Arrival> {
  const directory = mkdtempSync(join(tmpdir(), 'windlass-arrival-'))
  const path = join(directory, 'partial')
  writeFileSync(path, before)
  const digest: Digest = digestOf(bytes)
  const file = await GrowingFile.open(path, { expected: { digest, size: bytes.length } })
  const scope = new Scope()
  const events: FlowEvent[] = []
  scope.events.subscribe((event) => events.push(event))
  const done: string[] = []
  const partial = {
    path,
    from: journal?.from,
    expectedSize: journal?.expectedSize,
    validatorOf: (from: string) => (journal?.from === from ? journal.validator : undefined),
    record: async ({ from, validator }: PartialJournal) =>
      void done.push(`record ${from ?? ''} ${validator ?? ''}`),
    discard: async () => {
      done.push('discard')
      onDiscard()
    },
  }
  const turn = {
    ...{ signal: new AbortController().signal, attempt: 1, scope },
    emit: (event: FlowEvent) => scope.emit(event),
    defer: () => undefined,
  }
  onTestFinished(async () => {
    await file.close()
    await scope.close()
    rmSync(directory, { recursive: true })
  })
  const layer = {
    ...{ source, path, positions: [0], action: 'download', offset: 0, diffID: undefined },
    descriptor: { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: bytes.length },
    arriving: { file, partial },
    confirm: () => Promise.resolve(),
  }
  return { layer: layer as unknown as ReceivingLayer, file, turn, events, done }
}
