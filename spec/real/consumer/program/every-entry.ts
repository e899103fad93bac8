/** A program of a user: it uses every entry point of the package, and prints what came of it as JSON. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type PulledImage, createContext, open } from 'windlass'
import { decodeEvent, emptySnapshot, encodeEvent, reduce } from 'windlass/events'
import { Flow, compose, run } from 'windlass/flow'
import { pull, pullStages } from 'windlass/pipelines'
import { type PlannedImage, pullStage } from 'windlass/stages'
import { buildImage, putImage, startRegistry } from 'windlass/testing'

export interface Report {
  /** The file of the image, as the puller and as a line of one's own unpacked it. */
  readonly texts: readonly string[]
  /** Phase of the snapshot after all events. */
  readonly phase: string
  readonly warnings: readonly string[]
  /** The events of the pull as lines. */
  readonly lines: readonly string[]
  /** Image and number of layers that the stage of the line has seen. */
  readonly planned: readonly string[]
}

const textIn = async ({ layers }: PulledImage): Promise<string> =>
  readFile(path.join(layers[0]?.rootfs ?? '', 'greeting'), 'utf8')

async function byPuller(name: string, store: string): Promise<Omit<Report, 'planned'>> {
  const windlass = await open({ store })
  const lines: string[] = []
  const running = windlass.pull(name)
  running.events.subscribe((event) => lines.push(encodeEvent(event)))
  const text = await textIn(await running.done)
  await windlass.close()
  const { phase, warnings } = lines
    .map(decodeEvent)
    .reduce((snapshot, event) => reduce(snapshot, event), emptySnapshot)
  return { texts: [text], phase, warnings: warnings.map(({ message }) => message), lines }
}

async function byOwnLine(name: string, store: string): Promise<Pick<Report, 'texts' | 'planned'>> {
  const planned: string[] = []
  const note = pullStage(
    (image: PlannedImage) => {
      planned.push(`${image.request.name} ${image.layers.length}`)
      return image
    },
    { name: 'note' },
  )
  const context = await createContext({ store })
  const stages = pullStages(context, await context.goal())
  const line = pull({ ...stages, plan: compose(stages.plan, note) })
  const texts: string[] = []
  const { done, closed } = run(Flow.of(context.request(name)).pipe(line), async (image) => {
    texts.push(await textIn(image))
  })
  await done
  await closed()
  await context.close()
  return { texts, planned }
}

async function main(): Promise<Report> {
  const folder = await mkdtemp(path.join(tmpdir(), 'windlass-consumer-'))
  const registry = await startRegistry()
  try {
    const entry = { path: 'greeting', content: 'hello', xattrs: { 'user.from': 'a consumer' } }
    await putImage(registry, 'a/b', '1', buildImage({ layers: [{ entries: [entry] }] }))
    const name = `${registry.host}/a/b:1`
    const pulled = await byPuller(name, path.join(folder, 'one'))
    const { texts, planned } = await byOwnLine(name, path.join(folder, 'two'))
    return {
      ...pulled,
      texts: [...pulled.texts, ...texts],
      planned: planned.map((each) => each.replace(registry.host, 'HOST')),
    }
  } finally {
    await registry.close()
    await rm(folder, { recursive: true })
  }
}

void main().then((report) => console.log(JSON.stringify(report)))
