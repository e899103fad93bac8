/** Runs scenarios: traces a command and checks the trace, or kills it at a sync and also traces the next command. */
import { type CheckedTrace, checkTrace } from './check.js'
import { loadDisk } from './load-disk.js'
import { type KilledScenario, type Scenario, Scene } from './scenarios.js'
import { parseTrace } from './strace.js'
import { type TraceOptions, type TracedCommand, traceCommand } from './trace-command.js'

/** Runs a scenario and checks the trace of its command. */
export async function runScenario({ store, before, command }: Scenario): Promise<CheckedTrace> {
  return withScene(store, async (scene) => {
    const except = await before?.(scene)
    const disk = loadDisk(scene.base)
    const { trace } = await traceOn(scene, command)
    return checkTrace(trace, { disk, base: scene.base, store: scene.store, ...(except && { except }) })
  })
}

/** A sync of a command, at whose beginning it can be killed. */
export type SyncPoint = NonNullable<TraceOptions['kill']>

/** Runs a scenario and returns the syncs of its command. */
export async function syncsOf({ store, before, command }: Scenario): Promise<SyncPoint[]> {
  return withScene(store, async (scene) => {
    await before?.(scene)
    const { trace } = await traceOn(scene, command)
    const counts = new Map<string, number>()
    return parseTrace(trace).flatMap(({ moment, call: { name, result } }) => {
      if (moment === 'end' || result !== 0 || !/^(fsync|fdatasync|syncfs)$/.test(name)) return []
      const nth = (counts.get(name) ?? 0) + 1
      counts.set(name, nth)
      return { call: name, nth }
    })
  })
}

/** Kills the command at `kill` and runs the following one. Returns the checked traces of both. */
export async function runKilled(
  { store, before, command, then }: KilledScenario,
  kill: SyncPoint,
): Promise<{ readonly killed: CheckedTrace; readonly next: CheckedTrace }> {
  return withScene(store, async (scene) => {
    const except = await before?.(scene)
    const disk = loadDisk(scene.base)
    const options = { disk, base: scene.base, store: scene.store, ...(except && { except }) }
    const { trace } = await traceCommand(command(scene), { log: scene.log, kill })
    const killed = checkTrace(trace, options)
    const next = await traceOn(scene, then)
    return { killed, next: checkTrace(next.trace, options) }
  })
}

async function traceOn(scene: Scene, command: Scenario['command']): Promise<TracedCommand> {
  const result = await traceCommand(command(scene), { log: scene.log })
  if (result.exit !== 0) throw new Error(`The command ended with ${result.exit}: ${result.stderr}`)
  return result
}

async function withScene<T>(store: string | undefined, work: (scene: Scene) => Promise<T>): Promise<T> {
  const scene = await Scene.open(store)
  try {
    return await work(scene)
  } finally {
    await scene.close()
  }
}
